/** Locks that stand: a row may still have one that has ended. */
import { useMemo } from "react";
import type { LockRow, ProfileRow } from "~/api/types";
import { plural } from "~/format/words";
import { useNow } from "./Time";

/** Those that stand at an instant, the last to end first. */
export function standing(locks: readonly LockRow[], now: number): LockRow[] {
  return locks
    .filter(({ until }) => Date.parse(until) > now)
    .sort((a, b) => b.until.localeCompare(a.until));
}

export const keyOf = ({ symbol, limit, until }: LockRow): string =>
  `${symbol ?? ""}|${limit}|${until}`;

/** What is locked, in two words. */
export function lockedWord(locks: readonly LockRow[]): string {
  if (locks.some(({ symbol }) => symbol === undefined)) return "Entries locked";
  const symbols = [...new Set(locks.map(({ symbol }) => symbol ?? ""))];
  return symbols.length === 1
    ? `${symbols[0] ?? ""} locked`
    : `${plural(symbols.length, "instrument")} locked`;
}

export function useLocks({ locks }: ProfileRow): LockRow[] {
  const now = useNow();
  return useMemo(() => standing(locks, now), [locks, now]);
}
