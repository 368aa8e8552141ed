import { describe, expect, it } from "vitest";
import { sampleOrder, samplePosition } from "~/realtime/samples";
import { fillsOf, levelsOf, openTargets, rangeWith } from "./tradeMarks";

const target = (level: string, filled: string) => ({
  number: 1,
  portion: "0.5",
  level,
  quantity: "0.25",
  filled,
});

describe("targets", () => {
  it("are open until they are filled wholly, however a zero is written", () => {
    const targets = [target("105", "0.250"), target("110", "0.1"), target("115", "0")];
    expect(openTargets(targets).map(({ level }) => level)).toEqual(["110", "115"]);
    expect(openTargets([target("105", "0.00")])).toHaveLength(1);
  });

  it("are drawn beside the entry and the stop", () => {
    const held = {
      ...samplePosition,
      stop: { level: "95", kind: "stopLoss" as const },
      targets: [target("105", "0.25"), target("110", "0")],
    };
    expect(levelsOf(held).map(({ kind, price }) => [kind, price])).toEqual([
      ["entry", "100"],
      ["stop", "95"],
      ["target", "110"],
    ]);
  });
});

describe("marks of fills", () => {
  const [opened, cancelled] = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"];
  const part = {
    ...sampleOrder,
    filledQuantity: "0.1",
    status: "cancelled" as const,
    working: false,
    updatedAt: cancelled,
  };

  it("stand for what filled in part before it was cancelled, where the position began", () => {
    expect(fillsOf([part], [{ ...samplePosition, openedAt: opened }])).toEqual([
      { at: opened, buys: true, enters: true },
    ]);
    expect(fillsOf([part])).toEqual([{ at: cancelled, buys: true, enters: true }]);
  });

  it("leave out what filled nothing", () => {
    expect(fillsOf([{ ...part, filledQuantity: "0.0" }])).toEqual([]);
  });
});

describe("the range of a chart", () => {
  it("takes in levels that leave the bars a third of the height, the nearest first", () => {
    expect(rangeWith([100, 110], [90])).toEqual([90, 110]);
    expect(rangeWith([100, 110], [79])).toEqual([100, 110]);
    expect(rangeWith([100, 110], [85, 118])).toEqual([100, 118]);
    expect(rangeWith([100, 110], [95, 118, 105])).toEqual([95, 118]);
  });
});
