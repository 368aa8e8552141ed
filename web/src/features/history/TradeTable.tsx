/** Closed trades as rows. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { TradeRow } from "~/api/types";
import { Profit } from "~/components/Amount";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { At } from "~/components/Time";
import { Price, ProfileName } from "~/features/positions/PositionTable";
import { money, quantity } from "~/format/number";
import { duration } from "~/format/time";
import { exitWord, spoken } from "~/format/words";
import classes from "./History.module.css";

const COLUMNS: Column<TradeRow>[] = [
  { key: "closed", header: "Closed", cell: ({ closedAt }) => <At at={closedAt} /> },
  {
    key: "symbol",
    header: "Symbol",
    cell: ({ id, symbol }) => (
      <Link to="/history/$tradeId" params={{ tradeId: id }} className={classes.symbol}>
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
    cell: ({ symbol, entryPrice }) => <Price symbol={symbol} value={entryPrice} />,
  },
  {
    key: "exit",
    header: "Exit",
    numeric: true,
    cell: ({ symbol, exitPrice }) => <Price symbol={symbol} value={exitPrice} />,
  },
  {
    key: "profit",
    header: "Profit",
    numeric: true,
    cell: ({ pnl, pnlPct, currency }) => (
      <Profit value={pnl} percent={pnlPct} currency={currency} />
    ),
  },
  {
    key: "fees",
    header: "Fees",
    numeric: true,
    cell: ({ fees, currency }) => <span className="muted">{money(fees, currency)}</span>,
  },
  { key: "held", header: "Held", numeric: true, cell: (row) => duration(row.holdingSeconds) },
  { key: "why", header: "Left by", cell: ({ exitReason }) => exitWord(exitReason) },
];

export function TradeTable({ trades }: { trades: TradeRow[] }) {
  const navigate = useNavigate();
  return (
    <DataTable
      label="Closed trades"
      columns={COLUMNS}
      rows={trades}
      rowKey={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: "/history/$tradeId", params: { tradeId: id } })}
      card={({ id, symbol, direction, pnl, currency, quantity: units, closedAt, exitReason }) => (
        <CardLines
          title={
            <Link to="/history/$tradeId" params={{ tradeId: id }} className={classes.symbol}>
              {symbol}
            </Link>
          }
          value={<Profit value={pnl} currency={currency} />}
          detail={`${spoken(direction)} ${quantity(units)}, ${exitWord(exitReason).toLowerCase()}`}
          valueDetail={<At at={closedAt} />}
        />
      )}
    />
  );
}
