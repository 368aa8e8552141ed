/** What the form asks the server to run, or what is wrong with it. */
import type { BacktestRequest, StrategyConfig } from "~/api/types";
import { typedDecimal } from "~/format/decimal";
import { endOfDay, startOfDay } from "~/features/history/days";
import { symbolsOf } from "~/features/strategies/retarget";
import { dayKey } from "~/format/time";

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

export type Asked =
  { request: BacktestRequest; fault?: undefined } | { request?: undefined; fault: string };

export function requestOf(
  fields: RunFields,
  config: StrategyConfig | undefined,
  files: ReadonlyMap<string, File>,
  former?: BacktestRequest,
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
  const common = {
    ...keptOf(former),
    symbols,
    timeframe,
    strategyConfig: config,
    cash,
    feePct,
    slippageBps,
  };
  return {
    request: {
      ...common,
      ...(range === undefined ? {} : { range }),
      data: { source: fields.source },
      ...(fields.source === "upload" ? { stamped: fields.stamped } : {}),
    },
  };
}

/** What a former run asked for, as the form shows it. */
export function fieldsOf(request: BacktestRequest): RunFields {
  const { cash, feePct, slippageBps, range, data, stamped } = request;
  return {
    source: data.source,
    cash: cash ?? FIRST_RUN.cash,
    feePct: feePct ?? "0",
    slippageBps: slippageBps ?? "0",
    from: range?.from === undefined ? "" : dayKey(range.from),
    to: range?.to === undefined ? "" : dayKey(range.to),
    stamped: stamped ?? FIRST_RUN.stamped,
  };
}

/** What a former run asked for beside what the form shows, so that the next one is comparable. */
function keptOf(former: BacktestRequest | undefined): Partial<BacktestRequest> {
  if (former === undefined) return {};
  const { asset, currency, lot, makerFeePct, takerFeePct, periodsPerYear } = former;
  const kept = { asset, currency, lot, makerFeePct, takerFeePct, periodsPerYear };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

function rangeOf({ from, to }: RunFields): BacktestRequest["range"] | "backwards" {
  if (from === "" && to === "") return undefined;
  if (from !== "" && to !== "" && from > to) return "backwards";
  return {
    ...(from === "" ? {} : { from: startOfDay(from) }),
    ...(to === "" ? {} : { to: endOfDay(to) }),
  };
}
