/** What is different about a position, in sentences. */
import type { PositionRow } from "~/api/types";
import { stopOf } from "~/components/tradeMarks";
import { ceilTo, compare, decimalsOf, divide, floorTo, signOf } from "~/format/decimal";
import { price, quantity } from "~/format/number";
import { spoken } from "~/format/words";

type Stop = PositionRow["stop"];
type Target = PositionRow["targets"][number];

/**
 * Where moving a stop begins: at its level as a price that the venue has, on the side of less risk
 * unless the last price is there already.
 */
export function startOf(
  level: string,
  { direction, lastPrice }: Pick<PositionRow, "direction" | "lastPrice">,
  tick: string | undefined,
): string {
  if (tick === undefined || signOf(tick) <= 0) return level;
  const isLong = direction === "long";
  const closer = isLong ? ceilTo(level, tick) : floorTo(level, tick);
  const further = isLong ? floorTo(level, tick) : ceilTo(level, tick);
  const isReached =
    lastPrice !== undefined &&
    (isLong ? compare(closer, lastPrice) >= 0 : compare(closer, lastPrice) <= 0);
  const start = isReached ? further : closer;
  // A multiple of the tick has no more digits than the tick.
  return divide(start, "1", decimalsOf(tick));
}

/** Each difference that bears on where stop and targets should stand; never empty. */
export function changesOf(before: PositionRow, now: PositionRow, tick?: string): string[] {
  const changes: string[] = [];
  const [stopBefore, stopNow] = [stopOf(before), stopOf(now)];
  if (stopBefore?.level !== stopNow?.level) {
    const [was, is] = [stopBefore, stopNow].map((stop) => placeOf(stop, tick));
    const kind = stopNow === undefined ? "" : ` (${spoken(stopNow.kind).toLowerCase()})`;
    changes.push(`The stop was ${was ?? ""} and is ${is ?? ""} now${kind}.`);
  }
  changes.push(...targetChanges(before, now, tick));
  if (before.quantity !== now.quantity) {
    changes.push(`${quantity(before.quantity)} were held, now ${quantity(now.quantity)}.`);
  }
  if (before.entryPrice !== now.entryPrice) {
    const [was, is] = [before, now].map(({ entryPrice }) => price(entryPrice, tick));
    changes.push(`The entry price was ${was ?? ""} and is ${is ?? ""} now.`);
  }
  return changes.length === 0 ? ["Something else about the position is different."] : changes;
}

function targetChanges(before: PositionRow, now: PositionRow, tick?: string): string[] {
  const changes: string[] = [];
  for (const was of before.targets) {
    const is = now.targets.find(({ number }) => number === was.number);
    const name = `Target ${was.number}`;
    if (is === undefined) {
      changes.push(`${name} at ${price(was.level, tick)} is not there any more.`);
      continue;
    }
    if (is.level !== was.level) {
      const [from, to] = [was, is].map(({ level }) => price(level, tick));
      changes.push(`${name} was at ${from ?? ""} and is at ${to ?? ""} now.`);
    }
    if (is.portion !== was.portion || is.filled !== was.filled) {
      const [closed, all] = [is.filled, is.quantity].map(quantity);
      changes.push(`${name} has closed ${closed ?? ""} of ${all ?? ""} now.`);
    }
  }
  const isNew = ({ number }: Target) => before.targets.every((was) => was.number !== number);
  for (const { number, level } of now.targets.filter(isNew)) {
    changes.push(`Target ${number} at ${price(level, tick)} is new.`);
  }
  return changes;
}

/** What goes on moving a stop after a person has moved it. */
export function whatMovesItFurther(stop: Stop): string | undefined {
  if (stop?.kind === "trailing") {
    return (
      "This stop trails, and goes on trailing from your level: at each close of a bar it moves " +
      "to the trail's distance when that is closer to the price."
    );
  }
  if (stop?.kind === "breakEven") {
    return (
      "This stop went to break-even. A later close may take it back to the entry price when your " +
      "level is further from the price."
    );
  }
  return undefined;
}

function placeOf(stop: Stop, tick?: string): string {
  return stop === undefined ? "none" : `at ${price(stop.level, tick)}`;
}
