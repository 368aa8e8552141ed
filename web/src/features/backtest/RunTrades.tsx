/** The trades of a back-test, in the steps of what was traded. */
import type { Backtest, BacktestTrade } from "~/api/types";
import { Profit } from "~/components/Amount";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Empty } from "~/components/Panel";
import { At } from "~/components/Time";
import { decimalsOf, decimalText } from "~/format/decimal";
import { count, price, quantity } from "~/format/number";
import { exactTime, timeHint } from "~/format/time";
import { exitWord, plural, spoken } from "~/format/words";
import { useTickSize } from "~/realtime/hooks";
import classes from "./Backtest.module.css";

/** Its place tells two trades of one bar apart. */
type PlacedTrade = BacktestTrade & { place: number; isMarket: boolean; isLong: boolean };

interface RunTradesProps {
  run: Backtest;
  trades: BacktestTrade[];
}

export function RunTrades({ run, trades }: RunTradesProps) {
  const { tradesLeftOut = 0 } = run;
  const isMarket = run.request.data.source === "market";
  const isLong = isOverYears(trades);
  const rows = trades.map((trade, place) => ({ ...trade, place, isMarket, isLong }));
  return (
    <>
      {tradesLeftOut === 0 ? null : (
        <p className={classes.leftOut}>
          The last {count(rows.length)} trades are listed;{" "}
          {plural(tradesLeftOut, "earlier one is", "earlier ones are")} left out. The figures above
          count them all.
        </p>
      )}
      <DataTable
        label="Trades of the back-test"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ place }) => String(place)}
        card={(trade) => <TradeCard trade={trade} />}
        empty={
          <Empty title="It made no trade">
            The report says which rules held how often, and what was missing.
          </Empty>
        }
      />
    </>
  );
}

/** Whether a day without its year may be that of several years. */
function isOverYears(trades: BacktestTrade[]): boolean {
  const first = trades[0]?.entryTime;
  const last = trades.at(-1)?.entryTime;
  return first !== undefined && last !== undefined && first.slice(0, 4) !== last.slice(0, 4);
}

function When({ trade: { isLong }, at }: { trade: PlacedTrade; at: string }) {
  if (!isLong) return <At at={at} />;
  return (
    <time dateTime={at} title={timeHint(at)}>
      {exactTime(at)}
    </time>
  );
}

/** Slippage and fills of a whole bar have digits that no price and no quantity has. */
const MOST_PRICE_DIGITS = 6;
const MOST_QUANTITY_DIGITS = 8;

function Price({ trade, value }: { trade: PlacedTrade; value: string | null | undefined }) {
  // Files of one's own may have another step than what is listed under their name.
  const listed = useTickSize(trade.symbol);
  if (isMissing(value)) return <>–</>;
  const exact = decimalText(value);
  const longest = decimalsOf(exact) > MOST_PRICE_DIGITS ? stepOf(MOST_PRICE_DIGITS) : undefined;
  return <>{price(exact, trade.isMarket ? (listed ?? longest) : longest)}</>;
}

const stepOf = (digits: number): string => `0.${"0".repeat(digits - 1)}1`;

function quantityWords(units: string): string {
  const exact = decimalText(units);
  return decimalsOf(exact) > MOST_QUANTITY_DIGITS
    ? price(exact, stepOf(MOST_QUANTITY_DIGITS))
    : quantity(exact);
}

function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function Gain({ trade: { pnl } }: { trade: PlacedTrade }) {
  return <Profit value={decimalText(pnl)} />;
}

function TradeCard({ trade }: { trade: PlacedTrade }) {
  const { symbol, side, quantity: units, entryTime, exitReason } = trade;
  const end = isMissing(exitReason) ? "still open" : exitWord(exitReason).toLowerCase();
  return (
    <CardLines
      title={symbol}
      value={<Gain trade={trade} />}
      detail={`${spoken(side)} ${quantityWords(units)}, ${end}`}
      valueDetail={<When trade={trade} at={entryTime} />}
    />
  );
}

const COLUMNS: Column<PlacedTrade>[] = [
  { key: "symbol", header: "Symbol", cell: ({ symbol }) => symbol },
  { key: "side", header: "Side", cell: ({ side }) => spoken(side) },
  { key: "in", header: "Entered", cell: (trade) => <When trade={trade} at={trade.entryTime} /> },
  {
    key: "entry",
    header: "Entry",
    numeric: true,
    cell: (trade) => <Price trade={trade} value={trade.entryPrice} />,
  },
  {
    key: "out",
    header: "Left",
    cell: (trade) =>
      isMissing(trade.exitTime) ? "still open" : <When trade={trade} at={trade.exitTime} />,
  },
  {
    key: "exit",
    header: "Exit",
    numeric: true,
    cell: (trade) => <Price trade={trade} value={trade.exitPrice} />,
  },
  {
    key: "quantity",
    header: "Quantity",
    numeric: true,
    cell: (trade) => quantityWords(trade.quantity),
  },
  { key: "profit", header: "Profit", numeric: true, cell: (trade) => <Gain trade={trade} /> },
  {
    key: "why",
    header: "Left by",
    cell: ({ exitReason }) => (isMissing(exitReason) ? "–" : exitWord(exitReason)),
  },
];
