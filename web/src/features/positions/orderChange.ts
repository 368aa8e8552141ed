/** What a form changes of a working order, and what somebody else has changed meanwhile. */
import type { OrderChange, OrderRow } from "~/api/types";
import { compare, typedDecimal } from "~/format/decimal";
import { price, quantity } from "~/format/number";
import { orderStatus } from "~/format/words";
import { amountFault } from "./ticketFaults";

export type ChangeField = keyof OrderChange;
export type TypedChange = Partial<Record<ChangeField, string>>;

const PRICES: Record<OrderRow["type"], readonly ChangeField[]> = {
  market: [],
  limit: ["limitPrice"],
  stop: ["stopPrice"],
  stop_limit: ["stopPrice", "limitPrice"],
  trailing_stop: ["trailDistance"],
};

export const CHANGE_LABELS: Record<ChangeField, string> = {
  quantity: "Quantity in all",
  limitPrice: "Limit price",
  stopPrice: "Stop price",
  trailDistance: "Trail distance",
};

/** Its quantity, and the prices that an order of its type has. */
export const fieldsOf = ({ type }: Pick<OrderRow, "type">): ChangeField[] => [
  "quantity",
  ...PRICES[type],
];

/** Whether its venue can be asked to change it now. */
export const isChangeable = ({ type, status, amending }: OrderRow): boolean =>
  type !== "market" && amending !== true && (status === "accepted" || status === "partiallyFilled");

export function typedOfOrder(order: OrderRow): TypedChange {
  return Object.fromEntries(fieldsOf(order).map((field) => [field, order[field] ?? ""]));
}

/** What keeps what is typed from being asked for, each at its field. */
export function changeFaults(order: OrderRow, typed: TypedChange): TypedChange {
  const faults: TypedChange = {};
  for (const field of fieldsOf(order)) {
    const text = typed[field] ?? "";
    const fault =
      text.trim() === "" ? "Write a number." : amountFault(text, "digits such as 95.25");
    if (fault !== undefined) faults[field] = fault;
  }
  return faults;
}

/** Only what is different from what the person has seen. */
export function changeOf(seen: OrderRow, typed: TypedChange): OrderChange {
  const change: OrderChange = {};
  for (const field of fieldsOf(seen)) {
    const amount = typedDecimal(typed[field] ?? "");
    if (amount !== undefined && !isSameAmount(amount, seen[field])) change[field] = amount;
  }
  return change;
}

function isSameAmount(amount: string, other: string | undefined): boolean {
  return other !== undefined && compare(amount, other) === 0;
}

/** Each change in words, for saying what will happen. */
export function changeWords(seen: OrderRow, change: OrderChange, tick?: string): string[] {
  return fieldsOf(seen)
    .filter((field) => change[field] !== undefined)
    .map((field) => {
      const [was, is] = [seen[field], change[field]].map((value) => shown(field, value, tick));
      return `${CHANGE_LABELS[field]} from ${was ?? ""} to ${is ?? ""}`;
    });
}

/** What is different about an order since it was seen; never empty. */
export function orderChanges(before: OrderRow, now: OrderRow, tick?: string): string[] {
  const changes = fieldsOf(before)
    .filter((field) => before[field] !== now[field])
    .map((field) => {
      const [was, is] = [before, now].map((order) => shown(field, order[field], tick));
      return `${CHANGE_LABELS[field]} was ${was ?? ""} and is ${is ?? ""} now.`;
    });
  if (before.filledQuantity !== now.filledQuantity) {
    const [was, is] = [before, now].map(({ filledQuantity }) => quantity(filledQuantity));
    changes.push(`${was ?? ""} had filled, now ${is ?? ""}.`);
  }
  if (before.status !== now.status) {
    changes.push(`Its state is “${orderStatus(now.status)}” now.`);
  }
  if (now.oco !== undefined && before.oco !== now.oco) {
    changes.push("It is one of a pair now: the first to fill cancels the other.");
  }
  return changes.length === 0 ? ["Something else about the order is different."] : changes;
}

function shown(field: ChangeField, value: string | undefined, tick?: string): string {
  if (value === undefined) return "none";
  return field === "quantity"
    ? quantity(value)
    : price(value, field === "trailDistance" ? undefined : tick);
}

/** What is typed on top of what somebody else has changed: what was left alone is theirs. */
export function rebasedChange(typed: TypedChange, before: OrderRow, now: OrderRow): TypedChange {
  const next: TypedChange = {};
  for (const field of fieldsOf(now)) {
    const own = typed[field] ?? "";
    next[field] = own === (before[field] ?? "") ? (now[field] ?? "") : own;
  }
  return next;
}
