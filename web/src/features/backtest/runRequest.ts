/** What the form asks the server to run, or what is wrong with it. */
import type { BacktestRequest, StrategyConfig } from "~/api/types";
import { typedDecimal } from "~/format/decimal";
import { endOfDay, startOfDay } from "~/features/history/days";

export interface RunFields {
  source: "market" | "upload";
  cash: string;
  feePct: string;
  slippageBps: string;
  from: string;
  to: string;
  stamped: "open" | "close";
}

export const FIRST_RUN: RunFields = {
  source: "market",
  cash: "10000",
  feePct: "0.1",
  slippageBps: "2",
  from: "",
  to: "",
  stamped: "open",
};

/** The symbols that a config names. */
export function symbolsOf(config: StrategyConfig | undefined): string[] {
  const symbols = config?.symbols;
  return Array.isArray(symbols)
    ? symbols.filter((symbol): symbol is string => typeof symbol === "string")
    : [];
}

export type Asked =
  { request: BacktestRequest; fault?: undefined } | { request?: undefined; fault: string };

export function requestOf(
  fields: RunFields,
  config: StrategyConfig | undefined,
  files: ReadonlyMap<string, File>,
): Asked {
  if (config === undefined) return { fault: "Choose a profile or paste a config." };
  const symbols = symbolsOf(config);
  const { timeframe } = config;
  if (symbols.length === 0 || typeof timeframe !== "string") {
    return { fault: "The config names no symbol or no timeframe." };
  }
  const cash = typedDecimal(fields.cash);
  const feePct = typedDecimal(fields.feePct);
  const slippageBps = typedDecimal(fields.slippageBps);
  if (cash === undefined || feePct === undefined || slippageBps === undefined) {
    return { fault: "Cash, fee and slippage are numbers." };
  }
  const missing = symbols.filter((symbol) => !files.has(symbol));
  if (fields.source === "upload" && missing.length > 0) {
    return { fault: `Choose a file for ${missing.join(", ")}.` };
  }
  const range = rangeOf(fields);
  if (range === "backwards") return { fault: "The range ends before it begins." };
  const common = { symbols, timeframe, strategyConfig: config, cash, feePct, slippageBps };
  return {
    request: {
      ...common,
      ...(range === undefined ? {} : { range }),
      data: { source: fields.source },
      ...(fields.source === "upload" ? { stamped: fields.stamped } : {}),
    },
  };
}

function rangeOf({ from, to }: RunFields): BacktestRequest["range"] | "backwards" {
  if (from === "" || to === "") return undefined;
  return from > to ? "backwards" : { from: startOfDay(from), to: endOfDay(to) };
}
