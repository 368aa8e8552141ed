/** Trades by the day on which they were closed, in the chosen time zone. */
import { add } from "~/format/decimal";
import { dayKey } from "~/format/time";
import { preferences } from "~/app/preferences";
import type { TradeRow } from "~/api/types";

export interface DayResult {
  trades: TradeRow[];
  totals: Map<string, string>;
}

export function daysOf(trades: readonly TradeRow[]): Map<string, DayResult> {
  const byDay = new Map<string, TradeRow[]>();
  for (const trade of trades) {
    const key = dayKey(trade.closedAt);
    byDay.set(key, [...(byDay.get(key) ?? []), trade]);
  }
  return new Map(
    [...byDay].map(([key, own]) => [key, { trades: own, totals: totalsByCurrency(own) }]),
  );
}

export function totalsByCurrency(
  trades: readonly { pnl: string; currency: string }[],
): Map<string, string> {
  const totals = new Map<string, string>();
  for (const { pnl, currency } of trades) {
    totals.set(currency, add(totals.get(currency) ?? "0", pnl));
  }
  return totals;
}

/** The first instant of a day such as `2026-03-29` in the chosen time zone. */
export function startOfDay(day: string): string {
  return zoned(day, "00:00:00.000");
}

/** The last instant of a day in the chosen time zone. */
export function endOfDay(day: string): string {
  return zoned(day, "23:59:59.999");
}

function zoned(day: string, time: string): string {
  const asUtc = Date.parse(`${day}T${time}Z`);
  // Twice, because the offset is that of the instant that is looked for.
  const once = asUtc - offsetMs(asUtc);
  return new Date(asUtc - offsetMs(once)).toISOString();
}

function offsetMs(instant: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: preferences().timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(instant);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const local = Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
  return local - Math.floor(instant / 1000) * 1000;
}

/** The weeks of a month, Monday first; days of other months are undefined. */
export function weeksOf(month: string): (string | undefined)[][] {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  const first = new Date(Date.UTC(year, number - 1, 1));
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const lead = (first.getUTCDay() + 6) % 7;
  const cells = Array.from({ length: Math.ceil((lead + length) / 7) * 7 }, (_, index) => {
    const date = index - lead + 1;
    return date < 1 || date > length ? undefined : `${month}-${String(date).padStart(2, "0")}`;
  });
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** The month before or after, such as `2026-01`. */
export function neighbour(month: string, by: -1 | 1): string {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}
