/** What is wrong with a config that its checker has no error for, with its place in the text. */
import type { StrategyCheck, StrategyConfig } from "~/api/types";
import { spokenFault } from "~/components/fieldFaults";
import { symbolsOf } from "~/components/editor/symbolsOf";

export type ConfigFault = StrategyCheck["errors"][number];

/** An error in a sentence: its message goes on from the field that it is about. */
export const faultWords = ({ path, message }: ConfigFault): string =>
  path === "" ? message : `${path}: ${message}`;

/** As they are met when the text is read; what has no place in it comes last. */
export function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  const placeOf = ({ line = Infinity, column = 0 }: ConfigFault) => ({ line, column });
  return [...faults].sort((one, other) => {
    const [a, b] = [placeOf(one), placeOf(other)];
    return a.line === b.line ? a.column - b.column : a.line < b.line ? -1 : 1;
  });
}

/** The symbols that the market does not list. What it lists may not be known yet. */
export function unlistedFaults(
  text: string,
  config: StrategyConfig | undefined,
  listed: readonly string[],
): ConfigFault[] {
  if (listed.length === 0) return [];
  const unlisted = symbolsOf(config).filter((symbol) => !listed.includes(symbol));
  return [...new Set(unlisted)].map((symbol) => ({
    path: "symbols",
    message: `This market does not list ${symbol}. It lists ${listed.join(", ")}.`,
    ...placeIn(text, '"symbols"', JSON.stringify(symbol)),
  }));
}

const CONFIG = "strategyConfig";

/** What the server said of the config when it was to be saved, by its own names. */
export function refusedFaults(
  text: string,
  fields: readonly { field: string; message: string }[],
): ConfigFault[] {
  return fields
    .filter(({ field }) => isOfConfig(field))
    .map(({ field, message }) => {
      const path = field.slice(CONFIG.length + 1);
      const key = path.split(/[.[]/)[0] ?? "";
      const place = key === "" ? {} : placeIn(text, JSON.stringify(key));
      return { path, message: spokenFault(message), ...place };
    });
}

export const isOfConfig = (field: string): boolean =>
  field === CONFIG || field.startsWith(`${CONFIG}.`);

/** Where the last of these words is, each looked for behind the one before. */
function placeIn(text: string, ...words: string[]): { line?: number; column?: number } {
  let found = 0;
  for (const word of words) {
    found = text.indexOf(word, found);
    if (found < 0) return {};
  }
  const lines = text.slice(0, found).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
