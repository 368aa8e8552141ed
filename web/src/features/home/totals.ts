/** Sums over profiles for showing, apart for each currency. The server decides by its own. */
import type { PositionRow, ProfileRow } from "~/api/types";
import { stopOf } from "~/components/tradeMarks";
import { sum } from "~/format/decimal";

export interface Totals {
  currency: string;
  equity: string;
  dayProfit: string;
  unrealized: string;
  openRisk: string;
  /** Positions that nothing protects: no stop, or none before they are liquidated. */
  unprotected: number;
  positions: number;
}

export function totalsOf(profiles: ProfileRow[], positions: PositionRow[]): Totals[] {
  const byCurrency = new Map<string, ProfileRow[]>();
  for (const profile of profiles) {
    const { currency } = profile.capital;
    byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), profile]);
  }
  return [...byCurrency].map(([currency, own]) => {
    const ids = new Set(own.map(({ id }) => id));
    const held = positions.filter(({ profileId }) => ids.has(profileId));
    return {
      currency,
      equity: sum(own.map(({ equity }) => equity)),
      dayProfit: sum(own.map(({ dayProfit }) => dayProfit)),
      unrealized: sum(own.map(({ unrealizedPnl }) => unrealizedPnl)),
      openRisk: sum(own.map(({ openRisk }) => openRisk)),
      unprotected: held.filter((position) => stopOf(position) === undefined).length,
      positions: held.length,
    };
  });
}
