/** Open positions, each cell following its own price. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PositionRow } from "~/api/types";
import { Flash, Profit } from "~/components/Amount";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Ago } from "~/components/Time";
import { price, quantity } from "~/format/number";
import { spoken } from "~/format/words";
import { usePosition, useProfile, useSymbol } from "~/realtime/hooks";
import { ClosePosition, MoveStop } from "./PositionActions";
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
  { key: "last", header: "Last", numeric: true, cell: (row) => <Last tradeId={row.tradeId} /> },
  {
    key: "profit",
    header: "Open profit",
    numeric: true,
    cell: (row) => <OpenProfit tradeId={row.tradeId} />,
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
      const next = targets.find(({ filled }) => !filled);
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
  const instrument = useSymbol(symbol);
  return <>{price(value, instrument?.tick)}</>;
}

function Last({ tradeId }: { tradeId: string }) {
  const position = usePosition(tradeId);
  const symbol = useSymbol(position?.symbol ?? "");
  const last = position?.lastPrice;
  if (last === undefined) return <>–</>;
  const isStale = symbol?.stale === true;
  return (
    <Flash value={last} className={isStale ? classes.stale : undefined}>
      {price(last, symbol?.tick)}
      {isStale ? <span title="No new price for a while"> old</span> : null}
    </Flash>
  );
}

function OpenProfit({ tradeId }: { tradeId: string }) {
  const position = usePosition(tradeId);
  return (
    <Profit
      value={position?.unrealizedPnl}
      percent={position?.unrealizedPct}
      currency={position?.currency}
      flashes
    />
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
      value={<OpenProfit tradeId={tradeId} />}
      detail={
        <>
          {spoken(direction)} {quantity(units)}, stop{" "}
          {stop === undefined ? "none" : <Price symbol={symbol} value={stop.level} />}
        </>
      }
      valueDetail={<Last tradeId={tradeId} />}
      actions={<ClosePosition position={position} />}
    />
  );
}
