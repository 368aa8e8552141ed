/**
 * When a price is old. The server says how its market's data comes in; between two such words, and
 * when they stop coming too, the age of what was heard last decides.
 */
import type { Health } from "~/api/types";

/** Without a price of any symbol for longer than this the market's data counts as lost. */
export const FEED_SILENT_MS = 15_000;
/** Without a price of its own for longer than this one symbol's price is old. */
export const SYMBOL_QUIET_MS = 60_000;
/** A price this young came from a feed that lives, whichever one is lost. */
const FEED_GRACE_MS = 5_000;

/** When the market's data came in last, as far as health has said; zero when it does not say. */
export function feedHeardAt(health: Health | undefined, healthAt: number): number {
  const ages = health?.feeds.map(({ lastEventAgeMs }) => lastEventAgeMs ?? 0) ?? [];
  return ages.length === 0 ? healthAt : healthAt - Math.max(...ages);
}

/** Whether some feed is lost or over, by what was said of it and by what was heard since. */
export function isFeedDead(
  health: Health | undefined,
  healthAt: number,
  lastHeard: number,
  now: number,
): boolean {
  const feeds = health?.feeds ?? [];
  return feeds.some(({ state, lastEventAgeMs }) => {
    if (state === "stale" || state === "ended") return true;
    if (state === "starting" && lastEventAgeMs === undefined) return false;
    return now - Math.max(lastHeard, healthAt - (lastEventAgeMs ?? 0)) > FEED_SILENT_MS;
  });
}

/** Whether a price that was heard then is old now. */
export function isOld(heardAt: number, isFeedDead: boolean, now: number): boolean {
  const age = now - heardAt;
  return age > SYMBOL_QUIET_MS || (isFeedDead && age > FEED_GRACE_MS);
}
