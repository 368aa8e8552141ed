/** What a form changes of a profile as it is saved. */
import type { Profile } from "~/api/types";
import { textOf } from "~/components/editor/CheckedConfig";
import {
  changedNames,
  limitsOf,
  limitValue,
  rebased,
  typedOf,
  type Typed,
} from "~/features/limits/limitSet";
import type { Written } from "~/features/strategies/profileFaults";
import { compare, typedDecimal } from "~/format/decimal";
import { limitTitle } from "~/format/limits";
import { moneyIn } from "~/format/number";

/** A profile as somebody edits it. */
export interface Edited extends Written {
  timeZone: string;
  limits: Typed;
}

export function editedOf({ name, capital, strategyConfig, timeZone, limits }: Profile): Edited {
  return { name, ...capital, config: textOf(strategyConfig), timeZone, limits: typedOf(limits) };
}

/** What is written on top of another version, where whatever was left alone is that version's. */
export function onTopOf(written: Edited, before: Edited, now: Edited): Edited {
  return {
    ...written,
    currency: now.currency,
    timeZone: written.timeZone === before.timeZone ? now.timeZone : written.timeZone,
    limits: rebased(written.limits, before.limits, now.limits),
  };
}

export function isSame(saved: Edited, written: Edited): boolean {
  return saved.config === written.config && fieldChanges(saved, written).length === 0;
}

interface FieldChange {
  label: string;
  before: string;
  after: string;
}

/** Those of what is no part of the text of the config. */
export function fieldChanges(saved: Edited, written: Edited): FieldChange[] {
  const changes: FieldChange[] = [];
  if (saved.name !== written.name) {
    changes.push({ label: "Name", before: saved.name, after: written.name });
  }
  if (!isSameAmount(saved.allocated, written.allocated)) {
    const [before = "", after = ""] = [saved, written].map(capitalWords);
    changes.push({ label: "Capital", before, after });
  }
  if (saved.timeZone !== written.timeZone) {
    changes.push({ label: "Days of", before: saved.timeZone, after: written.timeZone });
  }
  const [before, after] = [saved, written].map(({ limits }) => limitsOf(limits, {}).limits);
  for (const name of changedNames(saved.limits, written.limits)) {
    const [was = "off", is = "off"] = [before, after].map((set) => limitValue(name, set ?? {}));
    changes.push({ label: limitTitle(name), before: was, after: is });
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
