/** Open positions, each cell following its own price. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { PositionRow } from "~/api/types";
import { Flash, Profit } from "~/components/Amount";
import { OldMark } from "~/components/OldMark";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { HeldLine, HeldMark } from "~/components/HeldMark";
import { heldOf } from "~/components/heldParts";
import { Ago } from "~/components/Time";
import { openTargets } from "~/components/tradeMarks";
import { price, quantity } from "~/format/number";
import { spoken } from "~/format/words";
import { useIsOld, usePosition, useProfile, useTickSize } from "~/realtime/hooks";
import { CloseButton, CloseDialog } from "./ClosePosition";
import { OfProfile } from "./OfProfile";
import { OpenProfit } from "./OpenProfit";
import { LevelsButton, LevelsDialog } from "./StopAndTargets";
import { StopLevel } from "./StopLevel";
import classes from "./Positions.module.css";

interface PositionTableProps {
  positions: PositionRow[];
  empty: ReactNode;
  showsProfile?: boolean;
}

export function PositionTable({ positions, empty, showsProfile = false }: PositionTableProps) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>();
  const of = (what: Asked["what"]) => (asked?.what === what ? asked.position : undefined);
  const end = () => setAsked(undefined);
  return (
    <>
      <DataTable
        label="Open positions"
        columns={[...COLUMNS, actionsOf(setAsked)].filter(
          ({ key }) => showsProfile || key !== "profile",
        )}
        rows={positions}
        rowKey={({ tradeId }) => tradeId}
        empty={empty}
        onOpen={({ tradeId }) => void navigate({ to: "/positions/$tradeId", params: { tradeId } })}
        card={(position) => (
          <Card position={position} showsProfile={showsProfile} onAsk={setAsked} />
        )}
      />
      <LevelsDialog position={of("levels")} onDone={end} />
      <CloseDialog position={of("close")} onDone={end} />
    </>
  );
}

/** What a person wants to do with which position, as it was when they asked. */
interface Asked {
  what: "levels" | "close";
  position: PositionRow;
}

function actionsOf(onAsk: (asked: Asked) => void): Column<PositionRow> {
  return {
    key: "actions",
    header: <span className={classes.hidden}>Actions</span>,
    numeric: true,
    pinned: true,
    cell: (position) => (
      <span className={classes.rowActions}>
        <LevelsButton symbol={position.symbol} onAsk={() => onAsk({ what: "levels", position })} />
        <CloseButton symbol={position.symbol} onAsk={() => onAsk({ what: "close", position })} />
      </span>
    ),
  };
}

export const AT_STOP =
  "What the trade comes to if the rest of it leaves at its stop: fees paid and that of the exit " +
  "counted.";

const COLUMNS: Column<PositionRow>[] = [
  {
    key: "symbol",
    header: "Symbol",
    cell: ({ tradeId, symbol }) => (
      <Link to="/positions/$tradeId" params={{ tradeId }} className={classes.symbol}>
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
    cell: (row) => (
      <>
        <HeldMark held={heldOf(row)} />
        <StopLevel symbol={row.symbol} stop={row.stop} />
      </>
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
    header: <span title={AT_STOP}>At the stop</span>,
    numeric: true,
    cell: ({ resultAtStop, currency }) =>
      resultAtStop === undefined ? "–" : <Profit value={resultAtStop} currency={currency} />,
  },
  {
    key: "opened",
    header: "Opened",
    cell: ({ openedAt }) => <Ago at={openedAt} />,
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

function Card(props: {
  position: PositionRow;
  showsProfile: boolean;
  onAsk: (asked: Asked) => void;
}) {
  const { position, showsProfile, onAsk } = props;
  const { tradeId, profileId, symbol, direction, quantity: units, stop } = position;
  return (
    <CardLines
      title={
        <Link to="/positions/$tradeId" params={{ tradeId }} className={classes.symbol}>
          {symbol}
        </Link>
      }
      value={<OpenProfit {...position} />}
      detail={
        <>
          {spoken(direction)} {quantity(units)}, stop{" "}
          <StopLevel symbol={symbol} stop={stop} none="none" />
          <HeldLine held={heldOf(position)} />
          {showsProfile ? <OfProfile id={profileId} /> : null}
        </>
      }
      valueDetail={<Last {...position} />}
      actions={<CloseButton symbol={symbol} onAsk={() => onAsk({ what: "close", position })} />}
    />
  );
}
