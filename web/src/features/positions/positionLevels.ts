/** What a form sets of a position's stop and targets: as typed, in words and for the server. */
import type { PositionChange, PositionRow, RefusalBody } from "~/api/types";
import { stopOf } from "~/components/tradeMarks";
import {
  compare,
  decimalsOf,
  divide,
  floorTo,
  inPercent,
  isDecimal,
  multiply,
  signOf,
  subtract,
  sum,
  trimmed,
  typedDecimal,
} from "~/format/decimal";
import { price, share } from "~/format/number";
import { startOf } from "./positionChanges";
import { amountFault } from "./ticketFaults";

type Target = PositionRow["targets"][number];

export interface TypedTarget {
  /** Of its row, for as long as the form is open. */
  key: string;
  /** Which of the position's it is; a new one when absent. */
  number?: number;
  /** As it is where nothing was typed. */
  level?: string;
  percent?: string;
}

export interface TypedLevels {
  /** As it is where nothing was typed. */
  stop?: string;
  targets: TypedTarget[];
}

/** Of a field of the form: `stop`, or the key of a target with what of it. */
export type LevelFaults = Partial<Record<string, string>>;

export const levelField = ({ key }: TypedTarget) => `${key}.level`;
export const percentField = ({ key }: TypedTarget) => `${key}.percent`;

/** Targets that may have more to close; those of the others that have closed something remain. */
export function standingTargets({ targets }: Pick<PositionRow, "targets">): Target[] {
  return targets.filter(
    ({ portion, filled, quantity: units }) =>
      signOf(portion) > 0 && (signOf(filled) === 0 || compare(filled, units) < 0),
  );
}

export function endedTargets(position: Pick<PositionRow, "targets">): Target[] {
  const standing = standingTargets(position);
  return position.targets.filter((target) => !standing.includes(target));
}

export function asItIs(position: PositionRow): TypedLevels {
  return { targets: standingTargets(position).map(rowOf) };
}

const rowOf = ({ number }: Target): TypedTarget => ({ key: `target${number}`, number });

/** A new row, for what the others leave of the entry. */
export function newTarget(position: PositionRow, typed: TypedLevels, key: string): TypedTarget {
  const left = subtract("100", percentInAll(position, typed));
  return { key, level: "", percent: signOf(left) > 0 ? trimmed(left) : "" };
}

export function shownStop(position: PositionRow, typed: TypedLevels, tick?: string): string {
  if (typed.stop !== undefined) return typed.stop;
  const stop = stopOf(position);
  return stop === undefined ? "" : startOf(stop.level, position, tick);
}

export function shownTarget(position: PositionRow, row: TypedTarget, tick?: string) {
  const known = targetOf(position, row);
  const digits = Math.max(decimalsOf(tick ?? "0"), decimalsOf(known?.level ?? "0"));
  return {
    level: row.level ?? (known === undefined ? "" : divide(known.level, "1", digits)),
    percent: row.percent ?? (known === undefined ? "" : inPercent(known.portion)),
  };
}

export const targetOf = ({ targets }: PositionRow, row: TypedTarget): Target | undefined =>
  targets.find(({ number }) => number === row.number);

/** What share of the entry all targets close, those that have filled included. */
export function percentInAll(position: PositionRow, typed: TypedLevels): string {
  const open = typed.targets.map((row) => typedDecimal(shownTarget(position, row).percent) ?? "0");
  return sum([...endedTargets(position).map(({ portion }) => inPercent(portion)), ...open]);
}

/** What keeps what is typed from being asked for, each at its field. */
export function levelFaults(position: PositionRow, typed: TypedLevels): LevelFaults {
  const faults: LevelFaults = {};
  const put = (field: string, fault: string | undefined) => {
    if (fault !== undefined) faults[field] = fault;
  };
  const { stop, targets } = typed;
  if (stop !== undefined) put("stop", stopFault(position, stop));
  for (const row of targets) {
    if (isWritten(row, row.level)) put(levelField(row), targetFault(position, row.level));
    if (isWritten(row, row.percent)) put(percentField(row), percentFault(row.percent));
  }
  return faults;
}

/** What is empty of a new target is no fault: it is still to be written. */
const isWritten = ({ number }: TypedTarget, text: string | undefined): text is string =>
  text !== undefined && (number !== undefined || text.trim() !== "");

/** Whether a new target still lacks something. */
export const isUnfinished = ({ targets }: TypedLevels): boolean =>
  targets.some(
    ({ number, level = "", percent = "" }) =>
      number === undefined && (level.trim() === "" || percent.trim() === ""),
  );

function stopFault(position: PositionRow, typed: string): string | undefined {
  if (typed.trim() === "") return stopOf(position) === undefined ? undefined : "Write a price.";
  const fault = amountFault(typed, "a price");
  if (fault !== undefined) return fault;
  return isReached(position, typed, "stop")
    ? "The price is beyond this level already. To leave now, close it."
    : undefined;
}

function targetFault(position: PositionRow, typed: string): string | undefined {
  if (typed.trim() === "") return "Write a price.";
  const fault = amountFault(typed, "a price");
  if (fault !== undefined) return fault;
  return isReached(position, typed, "target")
    ? "The price is there already. To take this profit now, close that part."
    : undefined;
}

function percentFault(typed: string): string | undefined {
  if (typed.trim() === "") return "Write how many percent.";
  const fault = amountFault(typed, "percent, such as 50");
  if (fault !== undefined) return fault;
  return compare(typedDecimal(typed) ?? "0", "100") > 0 ? "At most 100." : undefined;
}

/** Whether the last price has come to a level, which is on one side of it for stops. */
function isReached(
  { direction, lastPrice }: PositionRow,
  typed: string,
  kind: "stop" | "target",
): boolean {
  const level = typedDecimal(typed);
  if (level === undefined || lastPrice === undefined) return false;
  const side = compare(level, lastPrice);
  return (direction === "long") === (kind === "stop") ? side >= 0 : side <= 0;
}

/** Only what is different from what the person has seen. */
export function levelChange(seen: PositionRow, typed: TypedLevels): PositionChange {
  const level = typedDecimal(typed.stop ?? "");
  const isMoved = level !== undefined && !isSame(level, stopOf(seen)?.level);
  const targets = typed.targets.map((row) => bodyOf(seen, row));
  const isAsItWas =
    targets.length === standingTargets(seen).length &&
    targets.every((body) => body.number !== undefined && Object.keys(body).length === 1);
  return { ...(isMoved ? { stop: { level } } : {}), ...(isAsItWas ? {} : { targets }) };
}

type TargetBody = NonNullable<PositionChange["targets"]>[number];

function bodyOf(seen: PositionRow, row: TypedTarget): TargetBody {
  const known = targetOf(seen, row);
  const level = typedDecimal(row.level ?? "");
  const percent = typedDecimal(row.percent ?? "");
  const isOther = percent !== undefined && !isSame(percent, known && inPercent(known.portion));
  return {
    ...(known === undefined ? {} : { number: known.number }),
    ...(level === undefined || isSame(level, known?.level) ? {} : { level }),
    ...(isOther ? { portion: portionOf(percent) } : {}),
  };
}

const portionOf = (percent: string): string =>
  trimmed(divide(percent, "100", decimalsOf(percent) + 2));

function isSame(amount: string, other: string | undefined): boolean {
  return other !== undefined && compare(amount, other) === 0;
}

/** Each change in words, for saying what will happen. */
export function levelWords(seen: PositionRow, change: PositionChange, tick?: string): string[] {
  const words: string[] = [];
  const stop = stopOf(seen);
  if (change.stop !== undefined) {
    const to = priceAsTyped(change.stop.level, tick);
    words.push(
      stop === undefined ? `stop at ${to}` : `stop from ${price(stop.level, tick)} to ${to}`,
    );
  }
  if (change.targets === undefined) return words;
  const bodies = change.targets;
  for (const target of standingTargets(seen)) {
    const body = bodies.find(({ number }) => number === target.number);
    words.push(...targetWords(target, body, tick));
  }
  for (const { number, level, portion } of bodies) {
    // What is not written yet has no words.
    if (number !== undefined || level === undefined || portion === undefined) continue;
    words.push(`a new target at ${priceAsTyped(level, tick)} for ${share(portion)}`);
  }
  return words;
}

function targetWords(target: Target, body: TargetBody | undefined, tick?: string): string[] {
  const { number, level, portion, filled } = target;
  if (body === undefined) {
    return [`${signOf(filled) > 0 ? "what is left of " : ""}target ${number} is taken away`];
  }
  const words: string[] = [];
  if (body.level !== undefined) {
    words.push(`target ${number} from ${price(level, tick)} to ${priceAsTyped(body.level, tick)}`);
  }
  if (body.portion !== undefined) {
    words.push(`target ${number} closes ${share(body.portion)}, not ${share(portion)}`);
  }
  return words;
}

/** With the digits of the venue's prices, and with all that were typed where those are more. */
export function priceAsTyped(level: string, tick: string | undefined): string {
  return price(level, decimalsOf(level) > decimalsOf(tick ?? "0") ? undefined : tick);
}

/**
 * How many units a row closes: as the server has told, and about where it is yet to be set, because
 * the server rounds.
 */
export function unitsOf(
  seen: PositionRow,
  row: TypedTarget,
  lot: string,
): { units: string; isAbout: boolean } | undefined {
  const known = targetOf(seen, row);
  const { portion } = bodyOf(seen, row);
  if (portion === undefined) {
    return known === undefined ? undefined : { units: known.quantity, isAbout: false };
  }
  const entered = enteredOf(seen);
  if (entered === undefined) return undefined;
  return { units: trimmed(floorTo(multiply(entered, portion), lot)), isAbout: true };
}

/** About what has entered: what is held while nothing has left, else what a target tells of it. */
function enteredOf({ quantity: held, realizedPnl, targets }: PositionRow): string | undefined {
  const hasLeft = signOf(realizedPnl) !== 0 || targets.some(({ filled }) => signOf(filled) > 0);
  if (!hasLeft) return held;
  const target = targets.find(({ portion }) => signOf(portion) > 0);
  return target && divide(target.quantity, target.portion, ENTERED_DIGITS);
}

const ENTERED_DIGITS = 12;

/** The field that is meant by the server's name for it. */
export function levelPlace(typed: TypedLevels, field: string): string | undefined {
  if (field.startsWith("stop")) return "stop";
  const [, place = "", part = ""] = /^targets\[(\d+)\]\.(\w+)$/.exec(field) ?? [];
  const row = typed.targets[Number(place)];
  if (row === undefined || place === "") return undefined;
  return part === "portion" ? percentField(row) : levelField(row);
}

const OF_STOP: readonly string[] = ["stopOffTick", "stopBeyondPrice", "stopBeyondLiquidation"];
const OF_TARGET: readonly string[] = ["targetOffTick", "targetBeyondPrice"];

/** The field whose level the gate has refused; none where it refuses all of them together. */
export function refusedPlace(typed: TypedLevels, refusal: RefusalBody): string | undefined {
  if (OF_STOP.includes(refusal.code)) return "stop";
  if (!OF_TARGET.includes(refusal.code)) return undefined;
  const refused = String(refusal.level);
  const row = typed.targets.find(({ level = "" }) => {
    const typedLevel = typedDecimal(level);
    return typedLevel !== undefined && isDecimal(refused) && compare(typedLevel, refused) === 0;
  });
  return row === undefined ? undefined : levelField(row);
}

/** What is typed on top of what has changed meanwhile: new targets come in, ended ones go. */
export function rebasedLevels(
  typed: TypedLevels,
  before: PositionRow,
  now: PositionRow,
): TypedLevels {
  const known = new Set(standingTargets(before).map(({ number }) => number));
  const standing = standingTargets(now);
  const stands = new Set(standing.map(({ number }) => number));
  const kept = typed.targets.filter(({ number }) => number === undefined || stands.has(number));
  const added = standing.filter(({ number }) => !known.has(number)).map(rowOf);
  return { ...typed, targets: [...kept, ...added] };
}

/** What is typed into a field; undefined where it is as it was, or not there. */
export function textIn({ stop, targets }: TypedLevels, field: string): string | undefined {
  if (field === "stop") return stop;
  const row = targets.find(({ key }) => field.startsWith(`${key}.`));
  return row !== undefined && field === levelField(row) ? row.level : row?.percent;
}
