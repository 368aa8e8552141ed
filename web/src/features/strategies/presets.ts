/** Configs to begin with. The symbol and timeframe are filled in from the form. */
import type { StrategyConfig } from "~/api/types";

export interface Preset {
  key: string;
  name: string;
  about: string;
  config: (symbol: string, timeframe: string) => StrategyConfig;
}

export const PRESETS: Preset[] = [
  {
    key: "trend",
    name: "Trend following",
    about: "Buys when a fast average rises above a slow one, and lets profit run behind a trail.",
    config: (symbol, timeframe) => ({
      version: 1,
      kind: "rules",
      timeframe,
      symbols: [symbol],
      direction: "long",
      entry: "crossover(ema(close, 12), ema(close, 26)) and rsi(close, 14) < 70",
      exit: "crossunder(ema(close, 12), ema(close, 26))",
      sizing: { type: "riskPercent", value: "1" },
      exits: {
        stopLoss: { type: "atr", value: "2.5", period: 14 },
        trailing: { type: "atr", value: "3", period: 14 },
      },
    }),
  },
  {
    key: "reversion",
    name: "Mean reversion",
    about: "Buys an oversold dip below the lower band, and leaves at the middle.",
    config: (symbol, timeframe) => ({
      version: 1,
      kind: "rules",
      timeframe,
      symbols: [symbol],
      direction: "long",
      entry: {
        minPass: 2,
        rules: [
          { name: "Oversold", required: true, when: "rsi(close, 14) < 35" },
          { name: "Below the band", when: "close < bb(close, 20, 2).lower" },
          { name: "Turning up", when: "close > close[1]" },
        ],
      },
      exit: "close > bb(close, 20, 2).middle",
      sizing: { type: "percentOfEquity", value: "20" },
      exits: { stopLoss: { type: "percent", value: "2" }, maxBars: 60 },
    }),
  },
  {
    key: "breakout",
    name: "Break-out",
    about: "Follows a close beyond the range of the last 20 bars, in both directions.",
    config: (symbol, timeframe) => ({
      version: 1,
      kind: "rules",
      timeframe,
      symbols: [symbol],
      direction: "both",
      entry: "close > highest(high, 20)[1]",
      exit: "close < lowest(low, 10)[1]",
      entryShort: "close < lowest(low, 20)[1]",
      exitShort: "close > highest(high, 10)[1]",
      sizing: { type: "volatilityTarget", value: "1" },
      exits: { stopLoss: { type: "atr", value: "3", period: 20 } },
    }),
  },
];

/** Bars to begin with: on much shorter ones, costs eat what such rules gain. */
export const FIRST_TIMEFRAME = "1h";

export const TIMEFRAMES = ["5s", "15s", "1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"];
