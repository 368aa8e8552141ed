/** What the form asks the server to run, or what is wrong with it. */
import type { BacktestRequest, StrategyConfig, VenueCosts } from "~/api/types";
import { compare, signOf, typedDecimal } from "~/format/decimal";
import { endOfDay, startOfDay } from "~/features/history/days";
import { symbolsOf } from "~/components/editor/symbolsOf";
import { dayKey } from "~/format/time";
import { costsOf } from "./costs";

export interface RunFields {
  source: "market" | "upload";
  cash: string;
  /** Blank for what is traded to say. */
  currency: string;
  feePct: string;
  makerFeePct: string;
  slippageBps: string;
  from: string;
  to: string;
  stamped: "open" | "close";
}

export type NumberField = "cash" | "feePct" | "makerFeePct" | "slippageBps";
export type FieldName = NumberField | "from" | "to";
export type Faults = Partial<Record<FieldName, string>>;

const FIRST_CASH = "10000";

/** A run that nothing is chosen for yet: it costs what the paper venue takes. */
export function firstRun(costs?: VenueCosts): RunFields {
  return {
    source: "market",
    cash: FIRST_CASH,
    currency: "",
    feePct: costs?.takerFeePct ?? "0.1",
    makerFeePct: costs?.makerFeePct ?? "0.1",
    slippageBps: costs?.slippageBps ?? "2",
    from: "",
    to: "",
    stamped: "open",
  };
}

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
  const { source, currency, stamped } = fields;
  const missing = symbols.filter((symbol) => !files.has(symbol));
  if (source === "upload" && missing.length > 0) {
    return { fault: `Choose a file for ${missing.join(", ")}.` };
  }
  if (Object.keys(faultsOf(fields)).length > 0) return { fault: "Correct what is marked above." };
  const range = rangeOf(fields);
  return {
    request: {
      ...keptOf(former),
      symbols,
      timeframe,
      strategyConfig: config,
      ...(currency === "" ? {} : { currency }),
      cash: typedDecimal(fields.cash),
      feePct: typedDecimal(fields.feePct),
      makerFeePct: typedDecimal(fields.makerFeePct),
      slippageBps: typedDecimal(fields.slippageBps),
      ...(range === undefined ? {} : { range }),
      data: { source },
      ...(source === "upload" ? { stamped } : {}),
    },
  };
}

/** What is wrong with each field by itself. */
export function faultsOf(fields: RunFields): Faults {
  const faults: Faults = {};
  for (const [name, { example, below }] of Object.entries(NUMBERS)) {
    const fault = numberFault(fields[name as NumberField], example, below);
    if (fault !== undefined) faults[name as NumberField] = fault;
  }
  const { cash, from, to } = fields;
  if (faults.cash === undefined && signOf(typedDecimal(cash) ?? "0") === 0) {
    faults.cash = "Begin with more than zero.";
  }
  if (from !== "" && to !== "" && from > to) faults.to = "It is before the day in From.";
  return faults;
}

const NUMBERS: Record<NumberField, { example: string; below?: string }> = {
  cash: { example: FIRST_CASH },
  feePct: { example: "0.1", below: "100" },
  makerFeePct: { example: "0.1", below: "100" },
  slippageBps: { example: "2", below: "10000" },
};

function numberFault(typed: string, example: string, below?: string): string | undefined {
  const amount = typedDecimal(typed);
  if (amount === undefined) return `Write a number such as ${example}.`;
  if (signOf(amount) < 0) return "It cannot be below zero.";
  return below !== undefined && compare(amount, below) >= 0
    ? `It must be below ${below}.`
    : undefined;
}

/** The form's field that the server means. */
export function placeOf(field: string): FieldName | undefined {
  return PLACES[field];
}

const PLACES: Record<string, FieldName> = {
  cash: "cash",
  feePct: "feePct",
  takerFeePct: "feePct",
  makerFeePct: "makerFeePct",
  slippageBps: "slippageBps",
  "range.from": "from",
  "range.to": "to",
};

/** What a former run asked for, as the form shows it. */
export function fieldsOf(request: BacktestRequest, costs?: VenueCosts): RunFields {
  const { cash, currency, range, data, stamped } = request;
  const first = firstRun(costs);
  const { takerFeePct, makerFeePct, slippageBps } = costsOf(request, costs);
  return {
    source: data.source,
    cash: cash ?? first.cash,
    currency: currency ?? first.currency,
    feePct: takerFeePct,
    makerFeePct,
    slippageBps,
    from: range?.from === undefined ? "" : dayKey(range.from),
    to: range?.to === undefined ? "" : dayKey(range.to),
    stamped: stamped ?? first.stamped,
  };
}

/** What a former run asked for beside what the form shows, so that the next one is comparable. */
function keptOf(former: BacktestRequest | undefined): Partial<BacktestRequest> {
  if (former === undefined) return {};
  const { asset, lot, volumeShare, periodsPerYear } = former;
  const kept = { asset, lot, volumeShare, periodsPerYear };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

function rangeOf({ from, to }: RunFields): BacktestRequest["range"] {
  if (from === "" && to === "") return undefined;
  return {
    ...(from === "" ? {} : { from: startOfDay(from) }),
    ...(to === "" ? {} : { to: endOfDay(to) }),
  };
}

/** What the dates mean. Files are run whole, the market's data is not. */
export function rangeWords({ source, from, to }: RunFields): string {
  if (from !== "" && to !== "") return "Both days are included.";
  const isMarket = source === "market";
  if (from !== "") return isMarket ? "From that day to the newest bar." : "From that day on.";
  if (to !== "") return isMarket ? "20,000 bars up to that day." : "All bars up to that day.";
  return isMarket ? "Blank dates: the latest 20,000 bars." : "Blank dates: all bars of the files.";
}
