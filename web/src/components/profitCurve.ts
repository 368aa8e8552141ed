/** What was worth what over a span, and what was made in it. */
import type { Performance } from "~/api/types";
import { compare, subtract } from "~/format/decimal";
import { clock, dayKey, shortTime } from "~/format/time";
import type { Point } from "./LineChart";
import { RANGE_MS, RANGE_WORDS, type Range } from "./range";

type Worth = Performance["points"][number];

/** Profit since the first point: it stays what it was when capital is put in or a profile made. */
export function profitCurve(points: readonly Worth[]): Point[] {
  const first = points[0];
  if (first === undefined) return [];
  const begun = madeOf(first);
  return points.map((point) => ({ at: point.at, value: subtract(madeOf(point), begun) }));
}

function madeOf({ equity, allocated }: Worth): string {
  return subtract(equity, allocated);
}

export type CurveKind = "equity" | "profit";

/** What a curve is of. */
export const CURVE_WORDS: Record<CurveKind, string> = {
  equity: "With open positions, after fees. Capital put in or taken out is a step.",
  profit: "With open positions, after fees. Capital put in or taken out does not count.",
};

/** The largest worth, which says how much a change is. */
export function mostOf(points: readonly Worth[]): string {
  return points.reduce((most, { equity }) => (compare(equity, most) > 0 ? equity : most), "0");
}

/** A little of the span may be missing at its ends, for bars that have not closed. */
const WHOLE = 0.98;

/** The span that was chosen, and since when there is anything of it. */
export function spanWords(range: Range, points: readonly Pick<Worth, "at">[]): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return RANGE_WORDS[range];
  const covered = Date.parse(last.at) - Date.parse(first.at);
  if (covered >= RANGE_MS[range] * WHOLE) return RANGE_WORDS[range];
  const isToday = dayKey(first.at) === dayKey(last.at);
  const begun = isToday ? clock(first.at) : shortTime(first.at);
  return `${RANGE_WORDS[range]}, ${range === "all" ? "" : "data since "}${begun}`;
}
