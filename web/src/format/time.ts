/** Instants in words of the user's locale and chosen time zone; UTC beside them. */
import { preferences } from "~/app/preferences";

const formatters = new Map<string, Intl.DateTimeFormat>();
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

function formatted(instant: string, options: Intl.DateTimeFormatOptions, zone?: string): string {
  const timeZone = zone ?? preferences().timeZone;
  const key = timeZone + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat(undefined, { ...options, timeZone });
    formatters.set(key, formatter);
  }
  return formatter.format(new Date(instant));
}

/** Date and time to the second. */
export function exactTime(instant: string): string {
  return formatted(instant, { dateStyle: "medium", timeStyle: "medium" });
}

/** What a pointer shows over a time: exact, with its zone, and in UTC. */
export function timeHint(instant: string): string {
  const zone = preferences().timeZone;
  const utc = formatted(instant, { dateStyle: "medium", timeStyle: "medium" }, "UTC");
  return zone === "UTC" ? `${utc} UTC` : `${exactTime(instant)} (${zone})\n${utc} UTC`;
}

/** The time of a day, to the second. */
export function clock(instant: string): string {
  return formatted(instant, { timeStyle: "medium" });
}

export function day(instant: string): string {
  return formatted(instant, { dateStyle: "medium" });
}

/** Short date and time for tables. */
export function shortTime(instant: string): string {
  const options: Intl.DateTimeFormatOptions = {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  };
  return formatted(instant, options);
}

/** The day of an instant in the chosen zone, as `2026-01-31`. */
export function dayKey(instant: string): string {
  const zone = preferences().timeZone;
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return parts.format(new Date(instant));
}

/** How long ago, such as "3 min ago". */
export function ago(instant: string, now: number): string {
  const seconds = Math.round((now - Date.parse(instant)) / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return relative.format(-seconds, "second");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), "hour");
  if (seconds < 7 * 86_400) return relative.format(-Math.floor(seconds / 86_400), "day");
  return day(instant);
}

/** How long it still is, such as "in 3 min". */
export function ahead(instant: string, now: number): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  if (seconds < 60) return relative.format(Math.max(seconds, 0), "second");
  if (seconds < 3600) return relative.format(Math.ceil(seconds / 60), "minute");
  if (seconds < 2 * 86_400) return relative.format(Math.ceil(seconds / 3600), "hour");
  return relative.format(Math.ceil(seconds / 86_400), "day");
}

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** Every time zone that there is to choose, and one that is chosen already. */
export const zonesWith = (zone: string): string[] =>
  ZONES.includes(zone) ? ZONES : [zone, ...ZONES];

/** A span, in its two largest units. */
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return `${Math.max(0, Math.round(seconds))} s`;
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [name, size] of units.slice(first, first + 2)) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(`${amount} ${name}`);
  }
  return parts.join(" ");
}

const TIMEFRAME_UNITS: Record<string, number> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
};

/** The length of a bar, such as `5m`, in seconds. */
export function timeframeSeconds(timeframe: string): number {
  const match = /^(\d+)([smhdwM])$/.exec(timeframe);
  return match === null ? 60 : Number(match[1]) * (TIMEFRAME_UNITS[match[2] ?? "m"] ?? 60);
}
