/** The size calculator: fills in a quantity; the gate checks whatever is sent. */
import { absolute, divide, floorTo, multiply, signOf, subtract, trimmed } from "~/format/decimal";

export type SizeBy = "quantity" | "notional" | "risk";

export interface SizeInput {
  by: SizeBy;
  /** Units, an amount, or the percent of equity that the stop may cost. */
  size: string;
  price: string | undefined;
  stopPrice: string | undefined;
  equity: string;
  lot: string;
}

/** What to send, or why it cannot be worked out. */
export type Size =
  | { kind: "quantity"; quantity: string }
  | { kind: "notional"; notional: string }
  | { kind: "missing"; what: string };

const DIGITS = 12;

export function sizeOf({ by, size, price, stopPrice, equity, lot }: SizeInput): Size {
  if (signOf(size) <= 0) return missing("Write a size above zero.");
  if (by === "quantity") return { kind: "quantity", quantity: size };
  if (by === "notional") return { kind: "notional", notional: size };
  if (price === undefined) return missing("No price is known yet.");
  if (stopPrice === undefined) return missing("Set a stop-loss: the risk is the way to it.");
  const perUnit = absolute(subtract(price, stopPrice));
  if (signOf(perUnit) === 0) return missing("The stop-loss is at the price itself.");
  const risk = divide(multiply(equity, size), "100", DIGITS);
  const quantity = floorTo(divide(risk, perUnit, DIGITS), lot);
  if (signOf(quantity) <= 0) return missing("That risk is less than one lot.");
  return { kind: "quantity", quantity: trimmed(quantity) };
}

function missing(what: string): Size {
  return { kind: "missing", what };
}
