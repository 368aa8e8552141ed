/** What is wrong with a profile as it is written in a form, told at the field that it is about. */
import { useMemo } from "react";
import { asProblem } from "~/api/problem";
import { isOfConfig, refusedFaults, type ConfigFault } from "~/components/editor/configFaults";
import { fieldFaults, type FieldFaults } from "~/components/fieldFaults";
import { signOf, typedDecimal } from "~/format/decimal";

/** A profile as somebody writes it. */
export interface Written {
  name: string;
  allocated: string;
  currency: string;
  /** The text of its config. */
  config: string;
}

export interface Refused extends FieldFaults<keyof Written> {
  config: ConfigFault[];
}

/** What the server has refused of what is written now, not of what was changed since. */
export function useRefused(error: Error | null, sent: Written | undefined, now: Written): Refused {
  const isConfigAsSent = sent?.config === now.config;
  // The editor marks its faults anew whenever they are others.
  const config = useMemo(
    () =>
      error !== null && isConfigAsSent ? refusedFaults(now.config, asProblem(error).fields) : [],
    [error, isConfigAsSent, now.config],
  );
  return { ...fieldFaults(error, placeOf, (name) => sent?.[name] === now[name]), config };
}

function placeOf(field: string): keyof Written | undefined {
  return isOfConfig(field) ? "config" : PLACES[field];
}

const PLACES: Record<string, keyof Written> = {
  name: "name",
  "capital.allocated": "allocated",
  "capital.currency": "currency",
};

export function nameFault(name: string): string | null {
  return name.trim() === "" ? "Give it a name that you will recognise." : null;
}

export function capitalFault(typed: string): string | null {
  const amount = typedDecimal(typed);
  if (amount === undefined) return "Write an amount such as 10000.";
  return signOf(amount) > 0 ? null : "Allocate more than zero.";
}

/** Capital pays for what is priced in its own currency alone. */
export function currencyFault(
  currency: string,
  symbols: readonly string[],
  quotes: ReadonlyMap<string, string>,
): string | undefined {
  const other = symbols.find((symbol) => (quotes.get(symbol) ?? currency) !== currency);
  return other === undefined ? undefined : `${other} is priced in ${quotes.get(other) ?? ""}.`;
}
