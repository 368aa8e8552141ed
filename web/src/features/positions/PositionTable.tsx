/** Open positions, each cell following its own price. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PositionRow } from "~/api/types";
import { Flash, Profit } from "~/components/Amount";
import { OldMark } from "~/components/OldMark";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Ago } from "~/components/Time";
import { openTargets } from "~/components/tradeMarks";
import { price, quantity } from "~/format/number";
import { spoken } from "~/format/words";
import { useIsOld, usePosition, useProfile, useTickSize } from "~/realtime/hooks";
import { ClosePosition } from "./ClosePosition";
import { MoveStop } from "./MoveStop";
import { OpenProfit } from "./OpenProfit";
import classes from "./Positions.module.css";

interface PositionTableProps {
  positions: PositionRow[];
  empty: ReactNode;
  showsProfile?: boolean;
}

export function PositionTable({ positions, empty, showsProfile = false }: PositionTableProps) {
  const navigate = useNavigate();
  return (
    <DataTable
      label="Open positions"
      columns={COLUMNS.filter(({ key }) => showsProfile || key !== "profile")}
      rows={positions}
      rowKey={({ tradeId }) => tradeId}
      empty={empty}
      onOpen={({ tradeId }) => void navigate({ to: "/history/$tradeId", params: { tradeId } })}
      card={(position) => <Card position={position} />}
    />
  );
}

const COLUMNS: Column<PositionRow>[] = [
  {
    key: "symbol",
    header: "Symbol",
    cell: ({ tradeId, symbol }) => (
      <Link to="/history/$tradeId" params={{ tradeId }} className={classes.symbol}>
        {symbol}
      </Link>
    ),
  },
  { key: "side", header: "Side", cell: ({ direction }) => spoken(direction) },
  { key: "profile", header: "Profile", cell: ({ profileId }) => <ProfileName id={profileId} /> },
  { key: "quantity", header: "Quantity", numeric: true, cell: (row) => quantity(row.quantity) },
  {
    key: "entry",
    header: "Entry",
    numeric: true,
    cell: (row) => <Price symbol={row.symbol} value={row.entryPrice} />,
  },
  { key: "last", header: "Last", numeric: true, cell: (row) => <Last {...row} /> },
  {
    key: "profit",
    header: "Open profit",
    numeric: true,
    cell: (row) => <OpenProfit {...row} />,
  },
  {
    key: "stop",
    header: "Stop",
    numeric: true,
    cell: ({ stop, symbol }) =>
      stop === undefined ? (
        <span className={classes.missing}>None</span>
      ) : (
        <span title={spoken(stop.kind)}>
          <Price symbol={symbol} value={stop.level} />
        </span>
      ),
  },
  {
    key: "target",
    header: "Next target",
    numeric: true,
    cell: ({ targets, symbol }) => {
      const next = openTargets(targets)[0];
      return next === undefined ? "–" : <Price symbol={symbol} value={next.level} />;
    },
  },
  {
    key: "risk",
    header: "At the stop",
    numeric: true,
    cell: ({ resultAtStop, currency }) =>
      resultAtStop === undefined ? "–" : <Profit value={resultAtStop} currency={currency} />,
  },
  {
    key: "opened",
    header: "Opened",
    cell: ({ openedAt }) => <Ago at={openedAt} />,
  },
  {
    key: "actions",
    header: <span className={classes.hidden}>Actions</span>,
    numeric: true,
    cell: (position) => (
      <span className={classes.rowActions}>
        <MoveStop position={position} />
        <ClosePosition position={position} />
      </span>
    ),
  },
];

export function ProfileName({ id }: { id: string }) {
  const profile = useProfile(id);
  return (
    <Link to="/profiles/$profileId" params={{ profileId: id }}>
      {profile?.name ?? id}
    </Link>
  );
}

export function Price({ symbol, value }: { symbol: string; value: string }) {
  return <>{price(value, useTickSize(symbol))}</>;
}

function Last({ tradeId, symbol }: PositionRow) {
  const last = usePosition(tradeId)?.lastPrice;
  const isOld = useIsOld(symbol);
  const tick = useTickSize(symbol);
  if (last === undefined) return <>–</>;
  return (
    <>
      {isOld ? <OldMark symbol={symbol} /> : null}
      <Flash value={last} className={isOld ? "old" : undefined}>
        {price(last, tick)}
      </Flash>
    </>
  );
}

function Card({ position }: { position: PositionRow }) {
  const { tradeId, symbol, direction, quantity: units, stop } = position;
  return (
    <CardLines
      title={
        <Link to="/history/$tradeId" params={{ tradeId }} className={classes.symbol}>
          {symbol}
        </Link>
      }
      value={<OpenProfit {...position} />}
      detail={
        <>
          {spoken(direction)} {quantity(units)}, stop{" "}
          {stop === undefined ? "none" : <Price symbol={symbol} value={stop.level} />}
        </>
      }
      valueDetail={<Last {...position} />}
      actions={<ClosePosition position={position} />}
    />
  );
}
