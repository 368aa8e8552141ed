/** The span of time that figures and curves are of. */

export type Range = "day" | "month" | "all";

export const RANGE_WORDS: Record<Range, string> = {
  day: "Last 24 hours",
  month: "Last 30 days",
  all: "Since the beginning",
};

const DAY_MS = 86_400_000;

export const RANGE_MS: Record<Range, number> = {
  day: DAY_MS,
  month: 30 * DAY_MS,
  all: Number.POSITIVE_INFINITY,
};

/** From when on to ask; the server counts a day back by itself when nothing is said. */
export function fromOf(range: Range, now: string | undefined): string | undefined {
  if (range === "day") return undefined;
  if (range === "all") return "1970-01-01T00:00:00Z";
  // The market's time, which runs by a clock of its own when the market is simulated.
  const end = now === undefined ? Date.now() : Date.parse(now);
  return new Date(end - RANGE_MS.month).toISOString();
}
