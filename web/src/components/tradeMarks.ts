/** What of positions and orders is marked on a chart, before anything is drawn. */
import type { OrderRow, PositionRow } from "~/api/types";
import { compare, signOf } from "~/format/decimal";

type Target = PositionRow["targets"][number];

/** Targets that have not been reached wholly, in the order in which they are reached. */
export function openTargets(targets: readonly Target[]): Target[] {
  return targets.filter(({ filled, quantity }) => compare(filled, quantity) < 0);
}

export interface Level {
  kind: "entry" | "stop" | "target";
  price: string;
  title: string;
}

type Stop = NonNullable<PositionRow["stop"]>;

/** Where a person or a rule has it leave; the level of a liquidation protects from nothing. */
export function stopOf({ stop }: Pick<PositionRow, "stop">): Stop | undefined {
  return stop?.kind === "liquidation" ? undefined : stop;
}

const STOP_TITLES: Partial<Record<Stop["kind"], string>> = { liquidation: "Liquidation" };

/** Where the position was entered, its stop, and each target that is still to come. */
export function levelsOf({ entryPrice, direction, stop, targets }: PositionRow): Level[] {
  return [
    { kind: "entry", price: entryPrice, title: direction === "long" ? "Long" : "Short" },
    ...(stop === undefined ? [] : [stopLevel(stop)]),
    ...openTargets(targets).map(({ level }) => ({
      kind: "target" as const,
      price: level,
      title: "Target",
    })),
  ];
}

function stopLevel({ kind, level }: Stop): Level {
  return { kind: "stop", price: level, title: STOP_TITLES[kind] ?? "Stop" };
}

/** How much of a chart's height its bars keep at the least beside the levels. */
const BARS_SHARE = 1 / 3;

/** The range of the bars with each level that is near enough, the nearest first. */
export function rangeWith(
  [least, most]: readonly [number, number],
  levels: readonly number[],
): [number, number] {
  const longest = (most - least) / BARS_SHARE;
  const away = (level: number) => Math.max(least - level, level - most);
  let range: [number, number] = [least, most];
  for (const level of [...levels].sort((a, b) => away(a) - away(b))) {
    const wider: [number, number] = [Math.min(range[0], level), Math.max(range[1], level)];
    if (wider[1] - wider[0] <= longest) range = wider;
  }
  return range;
}

/** An order that has filled, wholly or in part, and when. */
export interface Fill {
  at: string;
  buys: boolean;
  enters: boolean;
}

/** However an order ended: what it filled before was bought or sold. */
export function fillsOf(
  orders: readonly OrderRow[],
  positions: readonly PositionRow[] = [],
): Fill[] {
  const openedAt = new Map(positions.map((held) => [held.tradeId, held.openedAt]));
  return orders
    .filter(({ filledQuantity }) => signOf(filledQuantity) > 0)
    .map(({ tradeId, purpose, side, status, updatedAt }) => {
      const enters = purpose === "enter";
      // The last change of an entry that was cancelled is its cancelling, not its fill.
      const entered = enters && status !== "filled" ? openedAt.get(tradeId) : undefined;
      return { at: entered ?? updatedAt, buys: side === "buy", enters };
    });
}
