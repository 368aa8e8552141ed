/** What a limit has refused, with its numbers, and what would let it pass. */
import type { RefusalBody } from "~/api/types";
import { money, price, quantity } from "~/format/number";
import { duration } from "~/format/time";
import { plural } from "~/format/words";

export interface Change {
  limit: string;
  /** What to do under the limit as it is. */
  instead: string;
  verb?: "raise" | "lower";
}

export interface Numbers {
  members: string[];
  words: (...values: string[]) => string;
  /** Of what a limit refuses. */
  change?: Change;
}

/** A span that the server counts in milliseconds. */
const span = (ms: string) =>
  Number(ms) < 1000 ? `${quantity(ms)} ms` : duration(Number(ms) / 1000);

/** The sentences of two numbers: what there is or would be, and what may be. */
const two = (
  members: [string, string],
  words: (one: string, limit: string) => string,
  change: Change,
): Numbers => ({ members, words: (one = "", limit = "") => words(one, limit), change });

const LESS = "Order less";
const NEXT_DAY = "Wait for the next day";

export const LIMIT_NUMBERS: Partial<Record<RefusalBody["code"], Numbers>> = {
  marketDataStale: two(
    ["ageMs", "limitMs"],
    (age, most) => `The last price is ${span(age)} old; ${span(most)} is the most that is allowed.`,
    { limit: "maxDataAgeMs", instead: "Wait for the next bar" },
  ),
  orderQuantityAboveLimit: two(
    ["quantity", "limit"],
    (units, most) =>
      `${quantity(units)} units are more than the ${quantity(most)} that one order may have.`,
    { limit: "maxOrderQuantity", instead: LESS },
  ),
  orderNotionalAboveLimit: two(
    ["notional", "limit"],
    (worth, most) =>
      `The order is worth ${money(worth)}, and one order may be worth ${money(most)}.`,
    { limit: "maxOrderNotional", instead: LESS },
  ),
  tooManyPositions: two(
    ["open", "limit"],
    (open, most) =>
      `${plural(Number(open), "trade is", "trades are")} open or being entered, ` +
      `and ${quantity(most)} may be.`,
    { limit: "maxOpenPositions", instead: "Close one" },
  ),
  positionAboveLimit: two(
    ["notional", "limit"],
    (would, most) => `The instrument would use ${money(would)}, and it may use ${money(most)}.`,
    { limit: "maxPositionNotional", instead: LESS },
  ),
  exposureAboveLimit: two(
    ["exposure", "limit"],
    (would, most) =>
      `Positions and entries would use ${money(would)} together, and they may use ${money(most)}.`,
    { limit: "maxExposure", instead: "Order less or close a trade" },
  ),
  openOrdersAboveLimit: two(
    ["notional", "limit"],
    (would, most) =>
      `Working entries would reserve ${money(would)}, and they may reserve ${money(most)}.`,
    { limit: "maxOpenOrderNotional", instead: "Order less or cancel one" },
  ),
  orderRateAboveLimit: two(
    ["orders", "limit"],
    (orders, most) =>
      `${plural(Number(orders), "entry was", "entries were")} accepted in the last minute, ` +
      `and ${quantity(most)} may be.`,
    { limit: "maxOrdersPerMinute", instead: "Wait" },
  ),
  entryTooSoon: two(
    ["elapsedMs", "limitMs"],
    (ago, least) => `The last entry was ${span(ago)} ago, and ${span(least)} are to pass.`,
    { limit: "minEntryIntervalMs", instead: "Wait", verb: "lower" },
  ),
  dailyLossReached: two(
    ["loss", "limit"],
    (loss, most) => `The day has lost ${money(loss)}; entries end at ${money(most)}.`,
    { limit: "maxDailyLoss", instead: NEXT_DAY },
  ),
  dailyLossPercentReached: two(
    ["lossPercent", "limitPercent"],
    (loss, most) => `The day has lost ${share(loss)}; entries end at ${share(most)}.`,
    { limit: "maxDailyLossPercent", instead: NEXT_DAY },
  ),
  drawdownReached: two(
    ["drawdownPercent", "limitPercent"],
    (below, most) => `Equity is ${share(below)} below its peak; entries end at ${share(most)}.`,
    { limit: "maxDrawdownPercent", instead: "Look at what is lost" },
  ),
  priceImplausible: {
    members: ["price", "last", "limit"],
    words: (asked = "", last = "", most = "") =>
      `${price(asked)} is more than ${quantity(most)} times away from the last price, ` +
      `${price(last)}.`,
    change: { limit: "maxPriceRatio", instead: "Correct it" },
  },
  priceBeyondCollar: {
    members: ["price", "reference", "limitPercent"],
    words: (asked = "", reference = "", most = "") =>
      `${price(asked)} is more than ${quantity(most)} % worse than ${price(reference)}.`,
    change: { limit: "priceCollarPercent", instead: "Choose a closer price" },
  },
};

/** To hundredths, as it is for reading. */
function share(percent: string): string {
  return `${money(percent)} %`;
}
