/** What a form's symbol and bars change in a config, and what they leave to its author. */
import type { StrategyConfig } from "~/api/types";
import { symbolsOf } from "~/components/editor/symbolsOf";

export interface Target {
  symbol: string;
  timeframe: string;
}

/** Only the symbol that the form had put there is changed: others are the author's own. */
export function retargeted(config: StrategyConfig, before: Target, now: Target): StrategyConfig {
  const named = symbolsOf(config);
  const symbols =
    named.length === 0
      ? [now.symbol]
      : named.map((symbol) => (symbol === before.symbol ? now.symbol : symbol));
  return {
    ...config,
    ...(before.symbol === now.symbol ? {} : { symbols: [...new Set(symbols)] }),
    ...(before.timeframe === now.timeframe ? {} : { timeframe: now.timeframe }),
  };
}
