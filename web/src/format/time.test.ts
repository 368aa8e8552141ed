import { beforeEach, describe, expect, it } from "vitest";
import { changePreferences } from "~/app/preferences";
import { ago, dayKey, duration, timeHint, timeframeSeconds } from "./time";

describe("times for people", () => {
  beforeEach(() => changePreferences({ timeZone: "America/New_York" }));

  it("shows the chosen zone, and UTC in the hint", () => {
    const hint = timeHint("2026-01-15T02:30:00Z");
    expect(hint).toContain("Jan 14, 2026");
    expect(hint).toContain("(America/New_York)");
    expect(hint).toMatch(/Jan 15, 2026, 2:30:00\sAM UTC/);
  });

  it("puts an instant on the day of the chosen zone", () => {
    expect(dayKey("2026-01-15T02:30:00Z")).toBe("2026-01-14");
    changePreferences({ timeZone: "UTC" });
    expect(dayKey("2026-01-15T02:30:00Z")).toBe("2026-01-15");
  });

  it("says how long ago and how long", () => {
    const now = Date.parse("2026-01-15T12:00:00Z");
    expect(ago("2026-01-15T11:59:59.500Z", now)).toBe("just now");
    expect(ago("2026-01-15T11:57:00Z", now)).toBe("3 min. ago");
    expect(duration(0)).toBe("0 s");
    expect(duration(3_725)).toBe("1 h 2 min");
    expect(duration(90_000)).toBe("1 d 1 h");
    expect(timeframeSeconds("4h")).toBe(14_400);
  });
});
