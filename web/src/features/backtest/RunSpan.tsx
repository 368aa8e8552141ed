/** Of which time a run is: from its first bar to its last, or what was asked before it has them. */
import type { Backtest, BacktestRow } from "~/api/types";
import { usePreferences } from "~/app/preferences";
import { day, shortTime, timeHint } from "~/format/time";

const DAY_MS = 86_400_000;
/** Shorter spans are told with the time of the day. */
const SHORT_MS = 3 * DAY_MS;

export function RunSpan({ run }: { run: Backtest | BacktestRow }) {
  usePreferences();
  const { firstTime, lastTime } = timesOf(run);
  if (firstTime === undefined || lastTime === undefined) return <>{askedWords(run)}</>;
  const isShort = Date.parse(lastTime) - Date.parse(firstTime) < SHORT_MS;
  const words = isShort ? shortTime : day;
  return (
    <span className="number">
      <time dateTime={firstTime} title={timeHint(firstTime)}>
        {words(firstTime)}
      </time>
      {" – "}
      <time dateTime={lastTime} title={timeHint(lastTime)}>
        {words(lastTime)}
      </time>
    </span>
  );
}

function timesOf(run: Backtest | BacktestRow): { firstTime?: string; lastTime?: string } {
  const whole = "summary" in run ? run.summary : undefined;
  return whole ?? run.figures ?? {};
}

function askedWords({ request: { range, data } }: BacktestRow): string {
  const { from, to } = range ?? {};
  const isMarket = data.source === "market";
  if (from !== undefined && to !== undefined) return `${day(from)} – ${day(to)}`;
  if (from !== undefined) return `From ${day(from)} on`;
  if (to !== undefined) return `${isMarket ? "20,000 bars" : "All bars"} up to ${day(to)}`;
  return isMarket ? "The latest 20,000 bars" : "All bars of the files";
}
