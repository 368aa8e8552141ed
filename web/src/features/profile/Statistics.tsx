/** How a profile did: its curve and its figures. */
import { useQuery } from "@tanstack/react-query";
import { profilePerformanceQuery } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { LineChart } from "~/components/LineChart";
import { Empty, Figures, Rows, type Figure } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import type { Performance } from "~/api/types";
import { count, money, moneyIn, percent, ratio } from "~/format/number";
import { duration } from "~/format/time";
import classes from "./Profile.module.css";

export function Statistics({ profileId }: { profileId: string }) {
  const { data, error, isPending, refetch } = useQuery(profilePerformanceQuery(profileId));
  if (isPending) return <Rows rows={8} />;
  if (data === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  return (
    <div className={classes.split}>
      {data.points.length < 2 ? (
        <Empty title="The curve begins with the first trade">Figures need closed trades.</Empty>
      ) : (
        <LineChart
          label={`Equity in ${data.currency}`}
          points={data.points.map(({ at, equity }) => ({ at, value: equity }))}
          height={260}
          format={(value) => moneyIn(value, data.currency)}
        />
      )}
      <Figures figures={figuresOf(data)} />
    </div>
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
