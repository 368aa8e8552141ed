/** How a profile did: its curve and its figures. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { profilePerformanceQuery } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { Empty, Figures, Rows, type Figure } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { CURVE_WORDS, spanWords, type CurveKind } from "~/components/profitCurve";
import type { Range } from "~/components/range";
import { RangeChoice } from "~/components/RangeChoice";
import { CurveChoice, WorthCurve } from "~/components/WorthCurve";
import type { Performance } from "~/api/types";
import { count, money, percent, ratio } from "~/format/number";
import { duration } from "~/format/time";
import classes from "./Profile.module.css";

export function Statistics({ profileId }: { profileId: string }) {
  const [range, setRange] = useState<Range>("all");
  const [kind, setKind] = useState<CurveKind>("profit");
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
          <div className="muted">Curve: {CURVE_WORDS[kind]}</div>
        </div>
        <div className={classes.choices}>
          <CurveChoice value={kind} onChange={setKind} />
          <RangeChoice value={range} onChange={setRange} />
        </div>
      </div>
      {isPending ? <Rows rows={8} /> : null}
      <ProblemNote error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Performed performance={data} range={range} kind={kind} />}
    </>
  );
}

function Performed(props: { performance: Performance; range: Range; kind: CurveKind }) {
  const { performance, range, kind } = props;
  const { points, statistics } = performance;
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
          <WorthCurve kind={kind} performance={performance} range={range} height={260} />
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
