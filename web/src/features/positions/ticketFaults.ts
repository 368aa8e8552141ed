/** What is wrong with what was typed into a ticket, said at the field itself. */
import type { ManualOrder } from "~/api/types";
import { fieldFaults } from "~/components/fieldFaults";
import { compare, signOf, typedDecimal } from "~/format/decimal";
import { quantity } from "~/format/number";
import type { LegFields, TicketFields } from "./ticketOrder";

export type WaitedFor = "limitPrice" | "stopPrice" | "trailDistance";
type LegField = WaitedFor | "size" | "stopLoss" | "takeProfit";
export type Faults = Partial<Record<LegField, string>>;

/** The prices that an order of each type waits for. */
export const NEEDS: Record<ManualOrder["type"], WaitedFor[]> = {
  market: [],
  limit: ["limitPrice"],
  stop: ["stopPrice"],
  stop_limit: ["stopPrice", "limitPrice"],
  trailing_stop: ["trailDistance"],
};

/** What is empty is no fault: it is still to be written. */
export function faultsOf(fields: LegFields): Faults {
  const amounts = [...NEEDS[fields.type], "size" as const];
  const faults: Faults = {};
  for (const name of amounts) {
    const fault = amountFault(fields[name], "digits such as 0.25");
    if (fault !== undefined) faults[name] = fault;
  }
  // Above a price there is room for a multiple of it, below it only for the whole.
  const mostProfit = fields.side === "buy" ? MOST_PERCENT : "100";
  const stopLoss = protectionFault(fields.stopLoss, "100");
  const takeProfit = protectionFault(fields.takeProfit, mostProfit);
  if (stopLoss !== undefined) faults.stopLoss = stopLoss;
  if (takeProfit !== undefined) faults.takeProfit = takeProfit;
  return faults;
}

/** What is wrong with each order of a ticket: what was typed, else what the server said of it. */
export function ticketFaults({ other, ...first }: TicketFields, error: Error | null) {
  const { at, placed } = fieldFaults(error, ticketPlace, () => true);
  return {
    first: { ...refusedOf(at, ""), ...faultsOf(first) },
    other: other === undefined ? {} : { ...refusedOf(at, OF_OTHER), ...faultsOf(other) },
    placed,
  };
}

function refusedOf(at: Partial<Record<string, string>>, prefix: string): Faults {
  const faults: Faults = {};
  for (const name of LEG_FIELDS) {
    const fault = at[prefix + name];
    if (fault !== undefined) faults[name] = fault;
  }
  return faults;
}

/** How the server's names of the other order's fields begin. */
const OF_OTHER = "oco.entry.";

/** The form's name of a field by the server's, which both have for the other order too. */
function ticketPlace(field: string): string | undefined {
  const prefix = field.startsWith(OF_OTHER) ? OF_OTHER : "";
  const own = field.slice(prefix.length);
  const name = own === "quantity" || own === "notional" ? "size" : own;
  return LEG_FIELDS.some((each) => each === name) ? prefix + name : undefined;
}

const LEG_FIELDS: readonly LegField[] = [
  "limitPrice",
  "stopPrice",
  "trailDistance",
  "size",
  "stopLoss",
  "takeProfit",
];

// As far away as the server takes a target.
const MOST_PERCENT = "100000";

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

/** Of a price such as `95.5` or a distance such as `2 %`, which stays below `most`. */
function protectionFault(typed: string, most: string): string | undefined {
  const text = typed.trim();
  if (!text.endsWith("%")) return amountFault(text, "a price, or 2 %");
  const share = text.slice(0, -1);
  if (share.trim() === "") return "Write how many percent.";
  const fault = amountFault(share, "a price, or 2 %");
  if (fault !== undefined) return fault;
  const isBelow = compare(typedDecimal(share) ?? "0", most) < 0;
  return isBelow ? undefined : `Must be below ${quantity(most)} %.`;
}
