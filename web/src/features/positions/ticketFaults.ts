/** What is wrong with what was typed into a ticket, said at the field itself. */
import type { ManualOrder } from "~/api/types";
import { compare, signOf, typedDecimal } from "~/format/decimal";
import type { TicketFields } from "./ticketOrder";

export type WaitedFor = "limitPrice" | "stopPrice" | "trailDistance";
type DecimalField = WaitedFor | "size" | "stopLoss" | "takeProfit";
export type Faults = Partial<Record<DecimalField, string>>;

/** The prices that an order of each type waits for. */
export const NEEDS: Record<ManualOrder["type"], WaitedFor[]> = {
  market: [],
  limit: ["limitPrice"],
  stop: ["stopPrice"],
  stop_limit: ["stopPrice", "limitPrice"],
  trailing_stop: ["trailDistance"],
};

/** What is empty is no fault: it is still to be written. */
export function faultsOf(fields: TicketFields): Faults {
  const amounts = [...NEEDS[fields.type], "size" as const];
  const faults: Faults = {};
  for (const name of amounts) {
    const fault = amountFault(fields[name], "digits such as 0.25");
    if (fault !== undefined) faults[name] = fault;
  }
  for (const name of ["stopLoss", "takeProfit"] as const) {
    const fault = protectionFault(fields[name]);
    if (fault !== undefined) faults[name] = fault;
  }
  return faults;
}

// As many as the server computes with.
const MOST_DIGITS = 28;
const MOST_SHOWN = 24;

/** What keeps a text from being an amount above zero; nothing while it is empty. */
export function amountFault(typed: string, wanted: string): string | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  const amount = typedDecimal(text);
  if (amount === undefined) {
    const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
    return `${shown} is not a number; write ${wanted}.`;
  }
  if (signOf(amount) <= 0) return "Must be above zero.";
  if (amount.replace(/\D/g, "").length > MOST_DIGITS) return "Has too many digits.";
  return undefined;
}

/** Of a price such as `95.5` or a distance such as `2 %`. */
function protectionFault(typed: string): string | undefined {
  const text = typed.trim();
  if (!text.endsWith("%")) return amountFault(text, "a price, or 2 %");
  const share = text.slice(0, -1);
  if (share.trim() === "") return "Write how many percent.";
  const fault = amountFault(share, "a price, or 2 %");
  if (fault !== undefined) return fault;
  return compare(typedDecimal(share) ?? "0", "100") >= 0 ? "Must be below 100 %." : undefined;
}
