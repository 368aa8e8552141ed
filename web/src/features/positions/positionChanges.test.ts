import { describe, expect, it } from "vitest";
import type { PositionRow } from "~/api/types";
import { samplePosition } from "~/realtime/samples";
import { changesOf, startOf, whatMovesItFurther } from "./positionChanges";

const held = { ...samplePosition, stop: { level: "95", kind: "trailing" as const } };

describe("what has changed about a position", () => {
  it("says where the stop was and is, and how much is held", () => {
    const now = { ...held, quantity: "0.2", stop: { level: "96.5", kind: "trailing" as const } };
    expect(changesOf(held, now, "0.01")).toEqual([
      "The stop was at 95.00 and is at 96.50 now (trailing).",
      "0.5 were held, now 0.2.",
    ]);
  });

  it("says that there was no stop", () => {
    expect(changesOf(samplePosition, held, "0.01")).toEqual([
      "The stop was none and is at 95.00 now (trailing).",
    ]);
  });

  it("says which targets are new, gone, elsewhere or further closed", () => {
    const [first] = samplePosition.targets;
    if (first === undefined) throw new Error("the sample has a target");
    const at = (level: string, filled = "0", number = 1) => ({
      ...samplePosition,
      targets: [{ ...first, number, level, filled }],
    });
    const told = (before: PositionRow, now: PositionRow) => changesOf(before, now, "0.01");
    expect(told(at("110"), at("112.5", "0.2"))).toEqual([
      "Target 1 was at 110.00 and is at 112.50 now.",
      "Target 1 has closed 0.2 of 0.5 now.",
    ]);
    expect(told(at("110"), at("120", "0", 2))).toEqual([
      "Target 1 at 110.00 is not there any more.",
      "Target 2 at 120.00 is new.",
    ]);
  });

  it("never says nothing", () => {
    expect(changesOf(held, { ...held, fees: "1" })).toHaveLength(1);
  });
});

describe("what goes on moving a stop that a person moves", () => {
  it("is its trail, as in the engine", () => {
    expect(whatMovesItFurther(held.stop)).toMatch(/goes on trailing/);
    expect(whatMovesItFurther({ level: "1", kind: "stopLoss" })).toBeUndefined();
  });
});

describe("where moving a stop begins", () => {
  const level = "180.892745732535078542";
  const at = (direction: "long" | "short", lastPrice?: string, tick?: string) =>
    startOf(level, { direction, lastPrice }, tick);

  it("is a price of the venue on the side of less risk", () => {
    expect(at("long", "181.14", "0.01")).toBe("180.90");
    expect(at("short", "180.14", "0.01")).toBe("180.89");
    expect(at("long", undefined, "0.5")).toBe("181.0");
    expect(startOf("95", { direction: "long" }, "0.01")).toBe("95.00");
  });

  it("is on the other side where the price is there already", () => {
    expect(at("long", "180.90", "0.01")).toBe("180.89");
    expect(at("short", "180.89", "0.01")).toBe("180.90");
  });

  it("is the level itself while the tick is not known", () => {
    expect(at("long", "181.14")).toBe(level);
  });
});
