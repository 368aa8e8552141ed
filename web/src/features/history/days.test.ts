import { beforeEach, describe, expect, it } from "vitest";
import type { TradeRow } from "~/api/types";
import { changePreferences } from "~/app/preferences";
import { daysOf, endOfDay, neighbour, startOfDay, weeksOf } from "./days";

const trade = (closedAt: string, pnl: string, currency = "USD"): TradeRow => ({
  id: closedAt,
  seq: 1,
  profileId: "prf_1",
  symbol: "ACME",
  direction: "long",
  openedAt: closedAt,
  closedAt,
  quantity: "1",
  entryPrice: "1",
  exitPrice: "1",
  pnl,
  pnlPct: "0",
  fees: "0",
  currency,
  exitReason: "exitSignal",
  holdingSeconds: 1,
});

describe("trades by day", () => {
  beforeEach(() => changePreferences({ timeZone: "Europe/Berlin" }));

  it("puts a trade on the local day, and sums exactly by currency", () => {
    const days = daysOf([
      trade("2026-03-01T23:30:00Z", "0.1"),
      trade("2026-03-02T10:00:00Z", "0.2"),
      trade("2026-03-02T11:00:00Z", "5", "EUR"),
    ]);
    expect([...days.keys()]).toEqual(["2026-03-02"]);
    expect(days.get("2026-03-02")?.totals).toEqual(
      new Map([
        ["USD", "0.3"],
        ["EUR", "5"],
      ]),
    );
  });

  it("finds the ends of a day, also of one that is an hour short", () => {
    expect(startOfDay("2026-01-15")).toBe("2026-01-14T23:00:00.000Z");
    expect(startOfDay("2026-03-29")).toBe("2026-03-28T23:00:00.000Z");
    expect(endOfDay("2026-03-29")).toBe("2026-03-29T21:59:59.999Z");
  });

  it("lays a month out from Monday", () => {
    const weeks = weeksOf("2026-02");
    expect(weeks[0]).toEqual([...Array<undefined>(6).fill(undefined), "2026-02-01"]);
    expect(weeks.at(-1)?.[5]).toBe("2026-02-28");
    expect(neighbour("2026-01", -1)).toBe("2025-12");
    expect(neighbour("2025-12", 1)).toBe("2026-01");
  });
});
