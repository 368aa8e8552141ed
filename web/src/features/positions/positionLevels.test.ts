import { describe, expect, it } from "vitest";
import type { PositionRow, RefusalBody } from "~/api/types";
import { samplePosition } from "~/realtime/samples";
import {
  asItIs,
  endedTargets,
  isUnfinished,
  levelChange,
  levelFaults,
  levelPlace,
  levelWords,
  newTarget,
  percentInAll,
  rebasedLevels,
  refusedPlace,
  shownStop,
  shownTarget,
  textIn,
  unitsOf,
  type TypedLevels,
} from "./positionLevels";

const target = (number: number, level: string, portion: string, filled = "0") => ({
  number,
  level,
  portion,
  filled,
  quantity: String(Number(portion) * 4),
});

const held: PositionRow = {
  ...samplePosition,
  quantity: "4",
  lastPrice: "100",
  stop: { level: "95", kind: "stopLoss" },
  targets: [target(1, "110", "0.5"), target(2, "120", "0.25")],
};

/** The form with some of its rows changed. */
function typed(changes: Record<number, object>, stop?: string): TypedLevels {
  const { targets } = asItIs(held);
  return { stop, targets: targets.map((row) => ({ ...row, ...changes[row.number ?? 0] })) };
}

describe("what a form of stop and targets asks for", () => {
  it("is nothing while nothing else is typed", () => {
    expect(levelChange(held, asItIs(held))).toEqual({});
    const same = typed({ 1: { level: "110,0", percent: "50.0" } }, "95.00");
    expect(levelChange(held, same)).toEqual({});
    expect(levelWords(held, {})).toEqual([]);
  });

  it("is only what is different, with every target that is to stay", () => {
    expect(levelChange(held, typed({}, "96.5"))).toEqual({ stop: { level: "96.5" } });
    expect(levelChange(held, typed({ 1: { level: "112" }, 2: { percent: "12.5" } }))).toEqual({
      targets: [
        { number: 1, level: "112" },
        { number: 2, portion: "0.125" },
      ],
    });
    const { targets } = asItIs(held);
    expect(levelChange(held, { targets: targets.slice(1) })).toEqual({ targets: [{ number: 2 }] });
    expect(levelChange(held, { targets: [] })).toEqual({ targets: [] });
    const added = [...targets, { key: "new", level: "130", percent: "25" }];
    expect(levelChange(held, { targets: added }).targets).toEqual([
      { number: 1 },
      { number: 2 },
      { level: "130", portion: "0.25" },
    ]);
  });

  it("keeps a portion that has more digits than are shown", () => {
    const third = { ...held, targets: [target(1, "110", "0.3333333333")] };
    const row = { key: "target1", number: 1 };
    expect(shownTarget(third, row, "0.01")).toEqual({ level: "110.00", percent: "33.3333" });
    const retyped = { targets: [{ ...row, percent: "33.3333" }] };
    expect(levelChange(third, retyped)).toEqual({});
  });

  it("is told in words", () => {
    const { targets } = asItIs(held);
    const all = {
      stop: "96.5",
      targets: [...targets.slice(1), { key: "n", level: "130", percent: "75" }],
    };
    expect(levelWords(held, levelChange(held, all), "0.01")).toEqual([
      "stop from 95.00 to 96.50",
      "target 1 is taken away",
      "a new target at 130.00 for 75 %",
    ]);
    const moved = levelChange(held, typed({ 2: { level: "125", percent: "50" } }));
    expect(levelWords(held, moved, "0.01")).toEqual([
      "target 2 from 120.00 to 125.00",
      "target 2 closes 50 %, not 25 %",
    ]);
    const begun = [...targets, { key: "n", level: "", percent: "" }];
    expect(levelWords(held, levelChange(held, { targets: begun }), "0.01")).toEqual([]);
    const bare = { ...held, stop: undefined };
    expect(levelWords(bare, { stop: { level: "95" } }, "0.01")).toEqual(["stop at 95.00"]);
  });
});

describe("what is wrong in a form of stop and targets", () => {
  it("is said at its field", () => {
    const wrong = typed(
      { 1: { level: "99", percent: "" }, 2: { level: "x", percent: "101" } },
      "100",
    );
    expect(levelFaults(held, wrong)).toEqual({
      stop: "The price is beyond this level already. To leave now, close it.",
      "target1.level": "The price is there already. To take this profit now, close that part.",
      "target1.percent": "Write how many percent.",
      "target2.level": "x is not a number; write a price.",
      "target2.percent": "At most 100.",
    });
    const short: PositionRow = { ...held, direction: "short" };
    expect(Object.keys(levelFaults(short, typed({ 1: { level: "99" } }, "101")))).toEqual([]);
    expect(levelFaults(short, typed({ 1: { level: "101" } }, "99"))).toHaveProperty("stop");
  });

  it("is no empty field of a target that is being added, nor of a stop that there is not", () => {
    const added = { targets: [{ key: "n", level: "", percent: "" }] };
    expect(levelFaults(held, added)).toEqual({});
    expect([isUnfinished(added), isUnfinished(asItIs(held))]).toEqual([true, false]);
    expect(levelFaults({ ...held, stop: undefined }, { stop: " ", targets: [] })).toEqual({});
    expect(levelFaults(held, { stop: "", targets: [] })).toEqual({ stop: "Write a price." });
  });

  it("is placed by what the server names and what the gate refuses", () => {
    const sent = typed({ 2: { level: "99.50" } }, "101");
    expect(levelPlace(sent, "stop.level")).toBe("stop");
    expect(levelPlace(sent, "targets[1].portion")).toBe("target2.percent");
    expect(levelPlace(sent, "targets[0].level")).toBe("target1.level");
    expect(levelPlace(sent, "targets[7].level")).toBeUndefined();
    const place = (code: string, level?: string) =>
      refusedPlace(sent, { code, text: "", level } as RefusalBody);
    expect(place("stopOffTick", "101")).toBe("stop");
    expect(place("targetBeyondPrice", "99.5")).toBe("target2.level");
    expect(place("targetBeyondPrice", "98")).toBeUndefined();
    expect(place("targetsAboveHeld")).toBeUndefined();
    expect(textIn(sent, "target2.level")).toBe("99.50");
    expect(textIn(sent, "stop")).toBe("101");
  });
});

describe("the targets of a position", () => {
  const partly: PositionRow = {
    ...held,
    quantity: "2",
    realizedPnl: "12",
    targets: [target(1, "105", "0.25", "1"), target(2, "110", "0.5", "0.5"), target(3, "120", "0")],
  };

  it("are those that have something to close, and those that have closed", () => {
    expect(asItIs(partly).targets.map(({ number }) => number)).toEqual([2]);
    expect(endedTargets(partly).map(({ number }) => number)).toEqual([1, 3]);
  });

  it("come to a share of the entry, of which a new one takes what is left", () => {
    expect(percentInAll(partly, asItIs(partly))).toBe("75");
    expect(newTarget(partly, asItIs(partly), "n")).toEqual({ key: "n", level: "", percent: "25" });
    const whole = { targets: [{ key: "n", level: "1", percent: "75" }] };
    expect(newTarget(partly, whole, "m").percent).toBe("");
  });

  it("close units as the server has told, and about as many as they are yet to be set to", () => {
    const row = { key: "n", level: "130", percent: "30" };
    const [first] = asItIs(held).targets;
    expect(first && unitsOf(held, first, "0.1")).toEqual({ units: "2", isAbout: false });
    expect(unitsOf(held, row, "0.1")).toEqual({ units: "1.2", isAbout: true });
    expect(unitsOf(partly, row, "1")).toEqual({ units: "1", isAbout: true });
    expect(unitsOf({ ...held, realizedPnl: "1", targets: [] }, row, "1")).toBeUndefined();
  });

  it("that have come or gone meanwhile do so in the form, with what is typed kept", () => {
    const mine = typed({ 2: { level: "125" } }, "96");
    const now = {
      ...held,
      targets: [target(1, "110", "0.5", "2"), ...held.targets.slice(1), target(3, "140", "0.1")],
    };
    const next = rebasedLevels(mine, held, now);
    expect(next.stop).toBe("96");
    expect(next.targets).toEqual([
      { key: "target2", number: 2, level: "125" },
      { key: "target3", number: 3 },
    ]);
    const away = rebasedLevels({ targets: [] }, held, held);
    expect(away.targets).toEqual([]);
  });
});

describe("the stop of a form", () => {
  it("begins at a price of the venue and stays what was typed", () => {
    const trailing = { ...held, stop: { level: "95.001", kind: "trailing" as const } };
    expect(shownStop(trailing, asItIs(trailing), "0.01")).toBe("95.01");
    expect(shownStop(trailing, { stop: "94", targets: [] }, "0.01")).toBe("94");
    expect(shownStop({ ...held, stop: { level: "1", kind: "liquidation" } }, asItIs(held))).toBe(
      "",
    );
  });
});
