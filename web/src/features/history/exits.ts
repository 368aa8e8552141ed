/** How a trade was left, where it was left in several parts. */
import type { TradeRow } from "~/api/types";
import { negate, signOf } from "~/format/decimal";
import { exitWord } from "~/format/words";

/** Each reason once, in the order in which they came. */
export function leftBy({ exitReason, exits = [] }: Pick<TradeRow, "exitReason" | "exits">): string {
  const reasons = exits.map(({ reason }) => reason);
  const all = reasons.length === 0 ? [exitReason] : [...new Set(reasons)];
  return all
    .map((reason, index) => (index === 0 ? exitWord(reason) : exitWord(reason).toLowerCase()))
    .join(", then ");
}

/** How far the price went against the trade, as the loss that it would have been. */
export const lossOf = (amount: string): string => (signOf(amount) > 0 ? negate(amount) : amount);
