/** Limits as they travel and as they are typed, and which of several hold. */
import {
  compare,
  decimalsOf,
  divide,
  isDecimal,
  multiply,
  trimmed,
  typedDecimal,
} from "~/format/decimal";
import { LIMITS, type LimitShape, type LimitWords } from "~/format/limits";
import { quantity } from "~/format/number";
import { duration } from "~/format/time";
import { plural } from "~/format/words";

/** As the server has them, by their names; absent is off. */
export type LimitSet = Readonly<Record<string, unknown>>;
/** What stands in each field, by the path that the server names it with. */
export type Typed = Readonly<Record<string, string>>;
export type LimitFaults = Readonly<Partial<Record<string, string>>>;

/** The fields of a limit: its parts, or itself. */
export function pathsOf(name: string): { path: string; shape: LimitShape }[] {
  const words = LIMITS[name];
  if (words === undefined) return [];
  if (words.parts === undefined) return [{ path: name, shape: words.shape }];
  return words.parts.map((part) => ({ path: `${name}.${part.name}`, shape: part.shape }));
}

export const LIMIT_NAMES = Object.keys(LIMITS);
const FIELDS = LIMIT_NAMES.flatMap(pathsOf);

export function typedOf(limits: LimitSet): Typed {
  const typed: Record<string, string> = {};
  for (const { path, shape } of FIELDS) typed[path] = textOf(valueAt(limits, path), shape);
  return typed;
}

export const isSameTyped = (one: Typed, other: Typed): boolean =>
  FIELDS.every(({ path }) => one[path] === other[path]);

/** The limits in which something else is typed than what is saved. */
export const changedNames = (saved: Typed, typed: Typed): string[] =>
  LIMIT_NAMES.filter((name) => pathsOf(name).some(({ path }) => saved[path] !== typed[path]));

/**
 * What is typed as the server takes it. What this application does not know of stays as it is in
 * `base`. What cannot be sent is told; what makes no sense the server tells.
 */
export function limitsOf(typed: Typed, base: LimitSet): { limits: LimitSet; faults: LimitFaults } {
  const known = new Set(LIMIT_NAMES);
  const limits: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) if (!known.has(name)) limits[name] = value;
  for (const name of LIMIT_NAMES) {
    const value = isOff(name, typed) ? undefined : valueOf(name, typed, faults);
    if (value !== undefined) limits[name] = value;
  }
  return { limits, faults };
}

/** Typed changes on top of what somebody else has saved meanwhile. */
export function rebased(typed: Typed, before: Typed, now: Typed): Typed {
  const next: Record<string, string> = {};
  for (const { path } of FIELDS) {
    const own = typed[path] ?? "";
    next[path] = own === before[path] ? (now[path] ?? "") : own;
  }
  return next;
}

/** A limit in words; `undefined` where it is off. */
export function limitValue(name: string, limits: LimitSet): string | undefined {
  const value = limits[name];
  const words = LIMITS[name];
  if (value === undefined || value === null) return undefined;
  if (words === undefined) return JSON.stringify(value);
  if (name === "stopGuard") return guardWords(value as Record<string, unknown>);
  if (name === "lowProfitLock") return lowProfitWords(value as Record<string, unknown>);
  if (words.shape === "symbols") {
    const symbols = value as string[];
    return symbols.length === 0 ? undefined : symbols.join(", ");
  }
  return numberWords(written(value), words.shape, words.unit);
}

/** Which of these sets hold for a limit: of those that are compared the strictest. */
export function holding(name: string, sets: readonly LimitSet[], isWide: boolean[]): number[] {
  const set = sets.map((_, index) => index).filter((index) => isSet(name, sets[index]));
  const words = LIMITS[name];
  if (words === undefined || words.addsUp === true) return set;
  const groups =
    words.measures === "scope"
      ? [set.filter((index) => isWide[index]), set.filter((index) => isWide[index] !== true)]
      : [set];
  return groups.flatMap((group) => strictest(name, words, group, sets)).sort((a, b) => a - b);
}

function strictest(
  name: string,
  { isPause }: LimitWords,
  group: number[],
  sets: readonly LimitSet[],
): number[] {
  const numberAt = (index: number) => String(sets[index]?.[name]);
  const comparable = group.filter((index) => isDecimal(numberAt(index)));
  const best = comparable.reduce<number | undefined>((found, index) => {
    if (found === undefined) return index;
    const order = compare(numberAt(index), numberAt(found));
    return (isPause === true ? order > 0 : order < 0) ? index : found;
  }, undefined);
  return best === undefined ? [] : [best];
}

function isSet(name: string, limits: LimitSet | undefined): boolean {
  return limits !== undefined && limitValue(name, limits) !== undefined;
}

function valueAt(limits: LimitSet, path: string): unknown {
  const [name = "", part] = path.split(".");
  const value = limits[name];
  if (part === undefined || typeof value !== "object" || value === null) return value;
  return (value as Record<string, unknown>)[part];
}

function textOf(value: unknown, shape: LimitShape): string {
  if (value === undefined || value === null) return "";
  if (shape === "flag") return value === true ? "true" : "";
  if (shape === "symbols") return (value as string[]).join(", ");
  return shape === "seconds" ? trimmed(divide(written(value), "1000", 3)) : written(value);
}

/** Amounts travel as text, counts as numbers. */
function written(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function isOff(name: string, typed: Typed): boolean {
  const fields = pathsOf(name).filter(({ shape }) => shape !== "flag");
  return fields.every(({ path }) => (typed[path] ?? "").trim() === "");
}

function valueOf(name: string, typed: Typed, faults: Record<string, string>): unknown {
  const parts = LIMITS[name]?.parts;
  const read = (path: string, shape: LimitShape) => {
    const text = (typed[path] ?? "").trim();
    const fault = faultOf(text, shape);
    if (fault !== undefined) faults[path] = fault;
    return fault === undefined ? sendable(text, shape) : undefined;
  };
  if (parts === undefined) return read(name, LIMITS[name]?.shape ?? "amount");
  const value: Record<string, unknown> = {};
  for (const part of parts) value[part.name] = read(`${name}.${part.name}`, part.shape);
  return value;
}

/** As many digits as the server's counts have at least. */
const COUNT_DIGITS = 9;
const AMOUNT_DIGITS = 28;

function faultOf(text: string, shape: LimitShape): string | undefined {
  if (shape === "flag" || shape === "symbols") return undefined;
  if (text === "") return "Write this too, or empty the others to switch it off.";
  const amount = typedDecimal(text);
  if (amount === undefined) return "It is not a number; write digits such as 250.";
  if (amount.replace(/\D/g, "").length > AMOUNT_DIGITS) return "It has too many digits.";
  if (shape !== "count" && shape !== "minutes" && shape !== "seconds") return undefined;
  if (amount.startsWith("-")) return "It must be above zero; empty it to switch it off.";
  const whole = shape === "seconds" ? 3 : 0;
  if (decimalsOf(amount) > whole) {
    return whole === 0 ? "Write a whole number." : "Write no more than three digits of a second.";
  }
  const digits = (amount.split(".")[0] ?? "").length;
  return digits > COUNT_DIGITS ? "It has too many digits." : undefined;
}

function sendable(text: string, shape: LimitShape): unknown {
  if (shape === "flag") return text === "true";
  if (shape === "symbols") return text.split(/[\s,;]+/).filter((symbol) => symbol !== "");
  const amount = typedDecimal(text) ?? "0";
  if (shape === "seconds") return Number(multiply(amount, "1000"));
  return shape === "count" || shape === "minutes" ? Number(amount) : amount;
}

function numberWords(value: string, shape: LimitShape, unit: string): string {
  if (!isDecimal(value)) return value;
  if (shape === "percent") return `${quantity(value)} %`;
  if (shape === "seconds") return spanWords(divide(value, "1000", 3));
  if (shape === "minutes") return duration(Number(value) * 60);
  return shape === "ratio" ? `${quantity(value)} ${unit}` : quantity(value);
}

/** Under a second a span is written out. */
function spanWords(seconds: string): string {
  return decimalsOf(seconds) > 0 ? `${quantity(seconds)} s` : duration(Number(seconds));
}

function guardWords(guard: Record<string, unknown>): string {
  const span = (minutes: unknown) => duration(Number(minutes) * 60);
  const apart = guard.perSymbol === true ? ", each instrument apart" : "";
  return (
    `${plural(Number(guard.stops), "stop")} at a loss within ${span(guard.lookbackMinutes)} ` +
    `lock for ${span(guard.lockMinutes)}${apart}`
  );
}

function lowProfitWords(lock: Record<string, unknown>): string {
  const span = (minutes: unknown) => duration(Number(minutes) * 60);
  return (
    `less than ${quantity(String(lock.minProfitPercent))} % by the last ` +
    `${plural(Number(lock.trades), "trade")} within ${span(lock.lookbackMinutes)} ` +
    `locks for ${span(lock.lockMinutes)}`
  );
}
