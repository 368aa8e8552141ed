/** Every limit of the risk gate as people read it; a test holds its names against the documents. */

/** What a limit is written as. */
export type LimitShape =
  "amount" | "units" | "percent" | "ratio" | "count" | "seconds" | "minutes" | "symbols" | "flag";

/** What is compared with a limit. */
export type Measured = "order" | "profile" | "scope";

export interface LimitPart {
  /** Its name within the limit, as the server spells it. */
  name: string;
  title: string;
  unit: string;
  shape: LimitShape;
}

export interface LimitWords {
  title: string;
  unit: string;
  shape: LimitShape;
  measures: Measured;
  does: string;
  /** The largest of several is the strictest: they are pauses, not ceilings. */
  isPause?: boolean;
  /** Those of all scopes hold, so that none of them is the strictest. */
  addsUp?: boolean;
  /** What it consists of, where it is more than one number. */
  parts?: readonly LimitPart[];
}

const LOOKBACK = { name: "lookbackMinutes", title: "Within", unit: "min" } as const;
const LOCK = { name: "lockMinutes", title: "Lock for", unit: "min" } as const;
const minutes = { shape: "minutes" } as const;

export const LIMIT_GROUPS: readonly { title: string; names: readonly string[] }[] = [
  {
    title: "Each entry",
    names: [
      "maxOrderQuantity",
      "maxOrderNotional",
      "priceCollarPercent",
      "maxPriceRatio",
      "maxDataAgeMs",
      "restrictedSymbols",
    ],
  },
  {
    title: "What is held and working",
    names: ["maxOpenPositions", "maxPositionNotional", "maxExposure", "maxOpenOrderNotional"],
  },
  { title: "Pace", names: ["maxOrdersPerMinute", "minEntryIntervalMs"] },
  { title: "Losses", names: ["maxDailyLoss", "maxDailyLossPercent", "maxDrawdownPercent"] },
  {
    title: "Protections, which lock entries for a while",
    names: [
      "maxConsecutiveLosses",
      "lossCooldownMinutes",
      "cooldownMinutes",
      "stopGuard",
      "lowProfitLock",
    ],
  },
];

export const LIMITS: Readonly<Record<string, LimitWords>> = {
  maxOrderQuantity: {
    title: "Largest quantity",
    unit: "units",
    shape: "units",
    measures: "order",
    does: "One entry may have no more units.",
  },
  maxOrderNotional: {
    title: "Largest value",
    unit: "quote currency",
    shape: "amount",
    measures: "order",
    does: "One entry may be worth no more.",
  },
  priceCollarPercent: {
    title: "Price collar",
    unit: "percent",
    shape: "percent",
    measures: "order",
    does:
      "An entry's limit may be no further on the worse side of the last price, or of the stop " +
      "that it waits for.",
  },
  maxPriceRatio: {
    title: "Mistyped price",
    unit: "times",
    shape: "ratio",
    measures: "order",
    does: "A limit or stop price so many times above or below the last price is a typing error.",
  },
  maxDataAgeMs: {
    title: "Oldest price",
    unit: "seconds",
    shape: "seconds",
    measures: "order",
    does: "An entry may rest on no older last price.",
  },
  restrictedSymbols: {
    title: "Restricted instruments",
    unit: "symbols",
    shape: "symbols",
    measures: "order",
    addsUp: true,
    does: "These are not entered. The lists of all scopes hold together.",
  },
  maxOpenPositions: {
    title: "Open trades",
    unit: "trades",
    shape: "count",
    measures: "scope",
    does: "No more trades may be open or being entered.",
  },
  maxPositionNotional: {
    title: "Largest position",
    unit: "quote currency",
    shape: "amount",
    measures: "profile",
    does:
      "One instrument may use no more: what is held at cost, what working entries reserve, and " +
      "the new entry.",
  },
  maxExposure: {
    title: "Largest exposure",
    unit: "of each currency",
    shape: "amount",
    measures: "scope",
    does: "All positions at cost, all working entries and the new one may use no more together.",
  },
  maxOpenOrderNotional: {
    title: "Working entries",
    unit: "of each currency",
    shape: "amount",
    measures: "scope",
    does: "Working entries and the new one may reserve no more together.",
  },
  maxOrdersPerMinute: {
    title: "Entries a minute",
    unit: "entries",
    shape: "count",
    measures: "scope",
    does: "No more entries are accepted within 60 seconds.",
  },
  minEntryIntervalMs: {
    title: "Pause between entries",
    unit: "seconds",
    shape: "seconds",
    measures: "profile",
    isPause: true,
    does: "So much time passes between two entries of the same instrument and side.",
  },
  maxDailyLoss: {
    title: "Loss of a day",
    unit: "of each currency",
    shape: "amount",
    measures: "scope",
    does:
      "Nothing enters once the day has lost so much: equity at its opening less equity now, open " +
      "profit and fees counted.",
  },
  maxDailyLossPercent: {
    title: "Loss of a day, in percent",
    unit: "percent",
    shape: "percent",
    measures: "scope",
    does: "The same, of equity at the day's opening.",
  },
  maxDrawdownPercent: {
    title: "Drawdown",
    unit: "percent",
    shape: "percent",
    measures: "profile",
    does: "Nothing enters while equity is so far below its peak.",
  },
  maxConsecutiveLosses: {
    title: "Losses in a row",
    unit: "trades",
    shape: "count",
    measures: "profile",
    does: "So many trades lost one after another lock entries, and so does each loss after them.",
  },
  lossCooldownMinutes: {
    title: "Lock after losses in a row",
    unit: "minutes",
    measures: "profile",
    isPause: true,
    does: "For how long losses in a row lock entries; 60 minutes where this is off.",
    ...minutes,
  },
  cooldownMinutes: {
    title: "Pause after a trade",
    unit: "minutes",
    measures: "profile",
    isPause: true,
    does: "An instrument is not entered for so long after a trade of it has closed.",
    ...minutes,
  },
  stopGuard: {
    title: "Stop guard",
    unit: "",
    shape: "count",
    measures: "profile",
    addsUp: true,
    does: "So many trades left by a stop at a loss, within a time, lock entries.",
    parts: [
      { name: "stops", title: "Stops", unit: "", shape: "count" },
      { ...LOOKBACK, ...minutes },
      { ...LOCK, ...minutes },
      { name: "perSymbol", title: "Each instrument apart", unit: "", shape: "flag" },
    ],
  },
  lowProfitLock: {
    title: "Low-profit lock",
    unit: "",
    shape: "count",
    measures: "profile",
    addsUp: true,
    does: "An instrument whose last trades, all within a time, brought too little is locked.",
    parts: [
      { name: "trades", title: "Last trades", unit: "", shape: "count" },
      { ...LOOKBACK, ...minutes },
      { ...LOCK, ...minutes },
      { name: "minProfitPercent", title: "Least profit", unit: "%", shape: "percent" },
    ],
  },
};

const NAMES = new RegExp(`\\b(${Object.keys(LIMITS).join("|")})\\b`, "g");

/** A limit by its title, where it has one. */
export const limitTitle = (name: string): string => LIMITS[name]?.title ?? name;

/** A sentence of the server with limits by their titles rather than by their names. */
export const withLimitTitles = (text: string): string =>
  text.replace(NAMES, (name) => `“${limitTitle(name)}”`);
