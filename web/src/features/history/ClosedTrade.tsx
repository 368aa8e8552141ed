/** How far prices went while a closed trade was open, and each part that left it. */
import type { TradeRow } from "~/api/types";
import { Profit } from "~/components/Amount";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Figures, Panel } from "~/components/Panel";
import { At } from "~/components/Time";
import { Price } from "~/features/positions/PositionTable";
import { money, quantity } from "~/format/number";
import { exitWord } from "~/format/words";
import { lossOf } from "./exits";
import classes from "./History.module.css";

export function ClosedTrade({ trade }: { trade: TradeRow }) {
  return (
    <>
      <Panel title="While it was open">
        <Excursions trade={trade} />
      </Panel>
      {trade.exits === undefined || trade.exits.length < 2 ? null : (
        <Panel flush title="Exits">
          <Exits trade={trade} exits={trade.exits} />
        </Panel>
      )}
    </>
  );
}

const BEST = "What all of it would have made at the best price, before fees.";
const WORST = "What all of it would have lost at the worst price, before fees.";

function Excursions({ trade: { excursions, symbol, currency } }: { trade: TradeRow }) {
  if (excursions === undefined) {
    return <p className={`muted ${classes.unseen}`}>Nobody has seen its prices meanwhile.</p>;
  }
  const { bestPrice, worstPrice, favourable, favourablePct, adverse, adversePct } = excursions;
  return (
    <Figures
      figures={[
        { label: "Best price", value: <Price symbol={symbol} value={bestPrice} /> },
        {
          label: `At best, ${currency}`,
          value: <Profit value={favourable} percent={favourablePct} currency={currency} />,
          hint: BEST,
        },
        { label: "Worst price", value: <Price symbol={symbol} value={worstPrice} /> },
        {
          label: `At worst, ${currency}`,
          value: (
            <Profit value={lossOf(adverse)} percent={lossOf(adversePct)} currency={currency} />
          ),
          hint: WORST,
        },
      ]}
    />
  );
}

type Exit = NonNullable<TradeRow["exits"]>[number];

function Exits({ trade, exits }: { trade: TradeRow; exits: readonly Exit[] }) {
  const { symbol, currency } = trade;
  const columns: Column<Exit>[] = [
    { key: "at", header: "When", cell: ({ at }) => <At at={at} /> },
    { key: "why", header: "Left by", wide: true, cell: ({ reason }) => exitWord(reason) },
    { key: "quantity", header: "Quantity", numeric: true, cell: (exit) => quantity(exit.quantity) },
    {
      key: "price",
      header: "Price",
      numeric: true,
      cell: (exit) => <Price symbol={symbol} value={exit.price} />,
    },
    {
      key: "fee",
      header: `Fee, ${currency}`,
      numeric: true,
      cell: ({ fee }) => money(fee, currency),
    },
  ];
  return (
    <DataTable
      label="Exits"
      columns={columns}
      rows={exits}
      rowKey={(exit) => `${exit.at}${exit.reason}${exit.quantity}`}
      card={({ reason, quantity: units, price, at, fee }) => (
        <CardLines
          title={exitWord(reason)}
          value={<Price symbol={symbol} value={price} />}
          detail={`${quantity(units)}, fee ${money(fee, currency)}`}
          valueDetail={<At at={at} />}
        />
      )}
    />
  );
}
