/** How a profile did: its curve and its figures. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { profilePerformanceQuery } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { LineChart } from "~/components/LineChart";
import { Empty, Figures, Rows, type Figure } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { CURVE_WORDS, mostOf, profitCurve, spanWords } from "~/components/profitCurve";
import { RANGE_WORDS, type Range } from "~/components/range";
import { RangeChoice } from "~/components/RangeChoice";
import type { Performance } from "~/api/types";
import { count, money, percent, ratio, signedMoney } from "~/format/number";
import { duration } from "~/format/time";
import classes from "./Profile.module.css";

export function Statistics({ profileId }: { profileId: string }) {
  const [range, setRange] = useState<Range>("all");
  const query = useQuery(profilePerformanceQuery(profileId, range));
  const { data, error, isPending, refetch } = query;
  return (
    <>
      <div className={classes.range}>
        <div>
          <strong>{spanWords(range, data?.points ?? [])}</strong>
          <div className="muted">
            Figures are of the trades that were closed in that time, after fees.
          </div>
          <div className="muted">Curve: {CURVE_WORDS}</div>
        </div>
        <RangeChoice value={range} onChange={setRange} />
      </div>
      {isPending ? <Rows rows={8} /> : null}
      <ProblemNote error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Performed performance={data} range={range} />}
    </>
  );
}

function Performed({ performance, range }: { performance: Performance; range: Range }) {
  const { currency, points, statistics } = performance;
  return (
    <>
      {statistics.truncated ? (
        <p className={classes.truncated} role="status">
          More trades were closed then than figures are made of: these are of the latest{" "}
          {count(statistics.closedTrades)}, and no totals of all.
        </p>
      ) : null}
      <div className={classes.split}>
        {points.length < 2 ? (
          <Empty title="The curve begins with the first trade">Figures need closed trades.</Empty>
        ) : (
          <LineChart
            label={`Profit in ${currency}, ${RANGE_WORDS[range].toLowerCase()}`}
            points={profitCurve(points)}
            of={mostOf(points)}
            height={260}
            format={(value) => `${signedMoney(value, currency)} ${currency}`}
          />
        )}
        <Figures figures={figuresOf(performance)} />
      </div>
    </>
  );
}

function figuresOf({ currency, statistics }: Performance): Figure[] {
  const { winRatePct, averageHoldingSeconds, bestTrade, worstTrade, expectancy } = statistics;
  return [
    { label: `Net profit, ${currency}`, value: <Profit value={statistics.netProfit} /> },
    { label: "Closed trades", value: count(statistics.closedTrades) },
    { label: "Winners", value: winRatePct === undefined ? "–" : percent(winRatePct, 1) },
    {
      label: "Profit factor",
      value: ratio(statistics.profitFactor),
      hint: "What the winners made for each unit that the losers lost.",
    },
    {
      label: "Expectancy",
      value: <Profit value={expectancy} />,
      hint: "What a trade came to on average.",
    },
    { label: "Largest drawdown", value: percent(statistics.maxDrawdownPct) },
    { label: "Best trade", value: <Profit value={bestTrade} /> },
    { label: "Worst trade", value: <Profit value={worstTrade} /> },
    { label: "Fees", value: money(statistics.fees, currency) },
    {
      label: "Held on average",
      value: averageHoldingSeconds === undefined ? "–" : duration(averageHoldingSeconds),
    },
  ];
}
