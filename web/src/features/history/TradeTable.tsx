/** Closed trades as rows. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { TradeRow } from "~/api/types";
import { Profit } from "~/components/Amount";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { At } from "~/components/Time";
import { Price, ProfileName } from "~/features/positions/PositionTable";
import { money, quantity } from "~/format/number";
import { duration } from "~/format/time";
import { spoken } from "~/format/words";
import { leftBy, lossOf } from "./exits";
import classes from "./History.module.css";

const FAR = "How far its price went from its entry, while it was open,";

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
  {
    key: "best",
    header: <span title={`${FAR} for it.`}>Best</span>,
    numeric: true,
    cell: ({ excursions }) => <Profit unit="percent" value={excursions?.favourablePct} />,
  },
  {
    key: "worst",
    header: <span title={`${FAR} against it.`}>Worst</span>,
    numeric: true,
    cell: ({ excursions }) => (
      <Profit
        unit="percent"
        value={excursions === undefined ? undefined : lossOf(excursions.adversePct)}
      />
    ),
  },
  { key: "why", header: "Left by", cell: leftBy },
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
      card={(trade) => <Card trade={trade} />}
    />
  );
}

function Card({ trade }: { trade: TradeRow }) {
  const { id, symbol, direction, pnl, currency, quantity: units, closedAt } = trade;
  return (
    <CardLines
      title={
        <Link to="/history/$tradeId" params={{ tradeId: id }} className={classes.symbol}>
          {symbol}
        </Link>
      }
      value={<Profit value={pnl} currency={currency} />}
      detail={`${spoken(direction)} ${quantity(units)}, ${leftBy(trade).toLowerCase()}`}
      valueDetail={<At at={closedAt} />}
    />
  );
}
