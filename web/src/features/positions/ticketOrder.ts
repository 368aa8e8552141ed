/** What the fields of a ticket ask for, as the server wants it, or what is still missing. */
import type { ManualOrder, OrderPreview, OtherEntry, ProfileRow, SymbolRow } from "~/api/types";
import { add, compare, divide, multiply, subtract, typedDecimal } from "~/format/decimal";
import { sizeOf, type SizeBy } from "./size";
import { faultsOf, NEEDS, type WaitedFor } from "./ticketFaults";

/** What one order asks for; a pair has two of them. */
export interface LegFields {
  side: ManualOrder["side"];
  type: ManualOrder["type"];
  sizeBy: SizeBy;
  size: string;
  limitPrice: string;
  stopPrice: string;
  trailDistance: string;
  timeInForce: NonNullable<ManualOrder["timeInForce"]>;
  stopLoss: string;
  takeProfit: string;
}

export interface TicketFields extends LegFields {
  symbol: string;
  reduceOnly: boolean;
  /** The other entry of a pair: the first to fill cancels the other. */
  other?: LegFields;
}

type Protection = ManualOrder["stopLoss"];
interface Missing {
  order?: undefined;
  missing: string;
}
type Asked = { order: ManualOrder; missing?: undefined } | Missing;
type AskedLeg = { order: OtherEntry; missing?: undefined } | Missing;

/**
 * A pair has no order that fills at once and none that only reduces. The other begins like the
 * first, for a price on the other side of the market.
 */
export function asPair(fields: TicketFields): TicketFields {
  const { side, sizeBy, size, timeInForce, stopLoss, takeProfit } = fields;
  const type = fields.type === "market" ? "limit" : fields.type;
  const other: LegFields = {
    side,
    type: type === "stop" ? "limit" : "stop",
    sizeBy,
    size,
    limitPrice: "",
    stopPrice: "",
    trailDistance: "",
    timeInForce,
    stopLoss,
    takeProfit,
  };
  return { ...fields, type, reduceOnly: false, other };
}

export function orderOf(
  fields: TicketFields,
  profile: ProfileRow,
  instrument: SymbolRow | undefined,
): Asked {
  const { symbol, reduceOnly, other } = fields;
  const first = legOrder(fields, profile, instrument);
  if (first.order === undefined) return first;
  const order = {
    profileId: profile.id,
    symbol,
    ...first.order,
    ...(reduceOnly ? { reduceOnly: true } : {}),
  };
  if (other === undefined) return { order };
  const second = legOrder(other, profile, instrument);
  if (second.order === undefined) return { missing: `The other order: ${second.missing}` };
  return { order: { ...order, oco: { entry: second.order } } };
}

function legOrder(
  fields: LegFields,
  profile: ProfileRow,
  instrument: SymbolRow | undefined,
): AskedLeg {
  const { side, type, timeInForce } = fields;
  if (Object.keys(faultsOf(fields)).length > 0) return { missing: "Correct what is marked above." };
  const needs = pricesOf(fields);
  if (needs.missing !== undefined) return { missing: needs.missing };
  const stopLoss = protection(fields.stopLoss);
  const takeProfit = protection(fields.takeProfit);
  const size = typedDecimal(fields.size);
  if (size === undefined) return { missing: "Write a size." };
  const price = expectedFill(needs.prices, instrument?.price, side);
  const sized = sizeOf({
    by: fields.sizeBy,
    size,
    price,
    stopPrice: stopLevel(stopLoss, price, side),
    equity: profile.equity,
    lot: instrument?.lot ?? "0",
  });
  if (sized.kind === "missing") return { missing: sized.what };
  const amount =
    sized.kind === "quantity" ? { quantity: sized.quantity } : { notional: sized.notional };
  return {
    order: {
      side,
      type,
      ...amount,
      ...needs.prices,
      ...(type === "market" ? {} : { timeInForce }),
      ...(stopLoss === undefined ? {} : { stopLoss }),
      ...(takeProfit === undefined ? {} : { takeProfit }),
    },
  };
}

/**
 * The order as the gate has seen it. What was said to leave a position never enters one, whatever
 * has happened to that position since.
 */
export function asPreviewed(
  order: ManualOrder,
  previewed: Pick<NonNullable<OrderPreview["order"]>, "effect">,
): ManualOrder {
  return previewed.effect === "exit" ? { ...order, reduceOnly: true } : order;
}

type Prices = Pick<ManualOrder, WaitedFor>;

/** Where an entry is expected to fill: what the market has passed already fills at the market. */
export function expectedFill(
  { limitPrice, stopPrice }: Prices,
  last: string | undefined,
  side: ManualOrder["side"],
): string | undefined {
  const isBuy = side === "buy";
  const lower = (one: string, other: string) => (compare(one, other) <= 0 ? one : other);
  const higher = (one: string, other: string) => (compare(one, other) >= 0 ? one : other);
  if (last === undefined) return limitPrice ?? stopPrice;
  const begun = stopPrice === undefined ? last : (isBuy ? higher : lower)(stopPrice, last);
  return limitPrice === undefined ? begun : (isBuy ? lower : higher)(limitPrice, begun);
}

function pricesOf(fields: LegFields): { prices: Prices; missing?: string } {
  const prices: Prices = {};
  for (const name of NEEDS[fields.type]) {
    const price = typedDecimal(fields[name]);
    if (price === undefined) {
      return { prices, missing: "Write the price that the order waits for." };
    }
    prices[name] = price;
  }
  return { prices };
}

/** `95.5` is a price, `2 %` a distance. */
function protection(typed: string): Protection {
  const text = typed.trim();
  const isPercent = text.endsWith("%");
  const amount = typedDecimal(isPercent ? text.slice(0, -1) : text);
  if (amount === undefined) return undefined;
  return isPercent ? { percent: amount } : { price: amount };
}

/** Where the stop would lie of an entry at this price. */
function stopLevel(
  stopLoss: Protection,
  price: string | undefined,
  side: ManualOrder["side"],
): string | undefined {
  if (stopLoss === undefined || price === undefined) return undefined;
  if ("price" in stopLoss) return stopLoss.price;
  const distance = divide(multiply(price, stopLoss.percent), "100", 12);
  return side === "buy" ? subtract(price, distance) : add(price, distance);
}
