/** The other order of a pair, in words. */
import type { OrderRow } from "~/api/types";
import { price, quantity } from "~/format/number";
import { orderStatus, orderType } from "~/format/words";

type Paired = Pick<
  OrderRow,
  "side" | "quantity" | "type" | "limitPrice" | "stopPrice" | "trailDistance"
>;

/** An order as it is named beside another: `Sell 3, limit 120.00`. */
export function orderName(order: Paired, tick?: string): string {
  const { side, quantity: units, type, limitPrice, stopPrice, trailDistance } = order;
  const prices = [stopPrice, limitPrice].filter((each) => each !== undefined);
  const at =
    trailDistance === undefined
      ? prices.map((each) => price(each, tick)).join(" / ")
      : price(trailDistance);
  const words = `${side === "buy" ? "buy" : "sell"} ${quantity(units)}, ${orderType(type)} ${at}`;
  return words.trim().toLowerCase();
}

/** What there is to say of its pair before and after the other's name. */
export function pairWords(
  order: Pick<OrderRow, "working">,
  other: Pick<OrderRow, "working" | "status"> | undefined,
): { before: string; after: string } {
  if (!order.working) return { before: "One of a pair with ", after: "" };
  if (other === undefined || other.working) {
    return { before: "The first to fill cancels the other: ", after: "" };
  }
  const status = orderStatus(other.status).toLowerCase();
  return { before: "Works alone now: ", after: ` of its pair is ${status}` };
}
