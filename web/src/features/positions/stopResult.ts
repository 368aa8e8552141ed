/** What an entry comes to if its stop fills at its level. The client shows it and decides nothing. */
import type { ManualOrder, OrderPreview } from "~/api/types";
import { add, divide, multiply, negate, subtract } from "~/format/decimal";
import { stopLevel } from "./ticketOrder";

type Previewed = Pick<
  NonNullable<OrderPreview["order"]>,
  "effect" | "estimatedPrice" | "fees" | "quantity" | "side"
>;

const FEE_DIGITS = 12;

/** With the fees in and out; undefined where the order has no stop, or no price to reckon with. */
export function resultAtStop(
  { effect, side, quantity, estimatedPrice, fees }: Previewed,
  stopLoss: ManualOrder["stopLoss"],
): string | undefined {
  if (effect !== "enter" || estimatedPrice === undefined || fees === undefined) return undefined;
  const level = stopLevel(stopLoss, estimatedPrice, side);
  if (level === undefined) return undefined;
  const move = subtract(level, estimatedPrice);
  const gross = multiply(side === "buy" ? move : negate(move), quantity);
  // The exit is charged at the rate of the entry, of what the units are worth at the stop.
  const feesOut = divide(multiply(fees, level), estimatedPrice, FEE_DIGITS);
  return subtract(gross, add(fees, feesOut));
}
