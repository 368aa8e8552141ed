/** What a form changes of a profile as it is saved. */
import type { Profile } from "~/api/types";
import { textOf } from "~/components/editor/CheckedConfig";
import type { Written } from "~/features/strategies/profileFaults";
import { compare, typedDecimal } from "~/format/decimal";
import { moneyIn } from "~/format/number";

export function writtenOf({ name, capital, strategyConfig }: Profile): Written {
  return { name, ...capital, config: textOf(strategyConfig) };
}

export function isSame(saved: Written, written: Written): boolean {
  return saved.config === written.config && fieldChanges(saved, written).length === 0;
}

interface FieldChange {
  label: string;
  before: string;
  after: string;
}

/** Those of name and capital, which are no part of the text of the config. */
export function fieldChanges(saved: Written, written: Written): FieldChange[] {
  const changes: FieldChange[] = [];
  if (saved.name !== written.name) {
    changes.push({ label: "Name", before: saved.name, after: written.name });
  }
  if (!isSameAmount(saved.allocated, written.allocated)) {
    const [before = "", after = ""] = [saved, written].map(capitalWords);
    changes.push({ label: "Capital", before, after });
  }
  return changes;
}

function isSameAmount(saved: string, typed: string): boolean {
  const amount = typedDecimal(typed);
  return amount !== undefined && compare(saved, amount) === 0;
}

function capitalWords({ allocated, currency }: Written): string {
  const amount = typedDecimal(allocated);
  return amount === undefined ? allocated : moneyIn(amount, currency);
}
