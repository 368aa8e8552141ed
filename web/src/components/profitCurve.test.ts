import { beforeEach, describe, expect, it } from "vitest";
import { changePreferences } from "~/app/preferences";
import { nearest, ticksOf } from "./LineChart";
import { profitCurve, spanWords } from "./profitCurve";

const at = (time: string) => `2026-11-27T${time}Z`;

describe("the curve of profit", () => {
  const points = [
    { at: at("10:00:00"), equity: "10000", allocated: "10000" },
    { at: at("11:00:00"), equity: "10012.5", allocated: "10000" },
    { at: at("12:00:00"), equity: "15012.5", allocated: "15000" },
  ];
  const values = (of: typeof points) => profitCurve(of).map(({ value }) => Number(value));

  it("does not move when capital is put in", () => {
    expect(values(points)).toEqual([0, 12.5, 12.5]);
  });

  it("goes on as it was when a profile is made, whose capital is there at once", () => {
    const more = points.map((point, index) =>
      index < 2 ? point : { ...point, equity: "25012.5", allocated: "25000" },
    );
    expect(values(more)).toEqual(values(points));
  });
});

describe("the words for a span", () => {
  beforeEach(() => changePreferences({ timeZone: "UTC" }));

  it("say since when there is data, unless it fills the span", () => {
    const short = [{ at: at("14:03:00") }, { at: at("14:22:00") }];
    expect(spanWords("day", short)).toMatch(/^Last 24 hours, data since 2:03:00\sPM$/);
    const whole = [{ at: "2026-11-26T14:03:00Z" }, { at: at("14:02:00") }];
    expect(spanWords("day", whole)).toBe("Last 24 hours");
    expect(spanWords("all", whole)).toMatch(/^Since the beginning, Nov 26, 0?2:03:00/);
    expect(spanWords("month", [])).toBe("Last 30 days");
  });
});

describe("the axis of a curve", () => {
  it("has round values, zero among them", () => {
    const texts = ticksOf(-20.08, 40, true).map(({ text }) => text);
    expect(texts).toEqual(["\u221220", "\u221210", "0", "+10"]);
    expect(ticksOf(-0.01, 0.02, true).map(({ text }) => text)).toContain("0.000");
    expect(ticksOf(29_988, 20, false).map(({ text }) => text)).toContain("29,990");
  });

  it("reads out the point that is nearest in time, however far apart they lie", () => {
    const points = ["00:00", "00:01", "06:00"].map((time) => ({
      at: `2026-11-26T${time}:00Z`,
      value: "1",
    }));
    const at = (time: string) => nearest(points, Date.parse(`2026-11-26T${time}:00Z`));
    expect(["00:00", "00:02", "02:59", "03:02", "07:00"].map(at)).toEqual([0, 1, 1, 2, 2]);
  });
});
