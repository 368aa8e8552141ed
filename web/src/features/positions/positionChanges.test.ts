import { describe, expect, it } from "vitest";
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
