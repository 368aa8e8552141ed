import type { StrategyConfig } from "~/api/types";

/** The symbols that a config names. */
export function symbolsOf(config: StrategyConfig | undefined): string[] {
  const symbols = config?.symbols;
  return Array.isArray(symbols)
    ? symbols.filter((symbol): symbol is string => typeof symbol === "string")
    : [];
}
