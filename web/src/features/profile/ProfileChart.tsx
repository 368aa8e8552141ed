/** The chart of one of a profile's symbols. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { candlesQuery } from "~/app/queries";
import { Empty, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { fillsOf } from "~/components/tradeMarks";
import { useDoneOrders } from "~/features/positions/useDoneOrders";
import { timeframeSeconds } from "~/format/time";
import { useOrders, usePositions, useSymbol } from "~/realtime/hooks";
import classes from "./Profile.module.css";

const CandleChart = lazy(() =>
  import("~/components/CandleChart").then(({ CandleChart: component }) => ({ default: component })),
);

const REFETCH_MIN_MS = 5_000;

export function ProfileChart(props: { profileId: string; symbol: string; timeframe: string }) {
  const { profileId, symbol, timeframe } = props;
  const instrument = useSymbol(symbol);
  const query = useQuery({
    ...candlesQuery(symbol, timeframe, profileId),
    refetchInterval: Math.min(Math.max(timeframeSeconds(timeframe) * 1000, REFETCH_MIN_MS), 60_000),
  });
  const positions = usePositions();
  const held = useMemo(
    () =>
      positions.filter(
        (position) => position.profileId === profileId && position.symbol === symbol,
      ),
    [positions, profileId, symbol],
  );
  const working = useOrders();
  const { orders: done } = useDoneOrders(profileId);
  const fills = useMemo(() => {
    const own = [...working.filter((order) => order.working), ...done].filter(
      (order) => order.profileId === profileId && order.symbol === symbol,
    );
    return fillsOf(own, held);
  }, [working, done, held, profileId, symbol]);
  if (query.error !== null && query.data === undefined) {
    return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (query.data === undefined)
    return (
      <div className={classes.chart}>
        <Rows rows={8} />
      </div>
    );
  if (query.data.bars.length === 0) {
    return <Empty title="No bars yet">The first {timeframe} bar has not closed.</Empty>;
  }
  return (
    <Suspense
      fallback={
        <div className={classes.chart}>
          <Rows rows={8} />
        </div>
      }
    >
      <CandleChart
        className={classes.chart}
        candles={query.data}
        tick={instrument?.tick ?? "0.01"}
        positions={held}
        fills={fills}
      />
    </Suspense>
  );
}
