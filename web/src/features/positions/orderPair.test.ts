import { describe, expect, it } from "vitest";
import { sampleOrder } from "~/realtime/samples";
import { orderName, pairWords } from "./orderPair";

describe("the other order of a pair", () => {
  it("is named by what it does and the prices that it waits for", () => {
    expect(orderName(sampleOrder, "0.01")).toBe("buy 0.5, limit 100.00");
    const stopLimit = { ...sampleOrder, type: "stop_limit", stopPrice: "99" } as const;
    expect(orderName(stopLimit, "0.1")).toBe("buy 0.5, stop limit 99.00 / 100.00");
    const trailing = { ...sampleOrder, type: "trailing_stop", trailDistance: "2.5" } as const;
    expect(orderName({ ...trailing, side: "sell" })).toBe("sell 0.5, trailing stop 2.50");
  });

  it("is cancelled by the first to fill only while both work", () => {
    const done = { ...sampleOrder, working: false, status: "cancelled" } as const;
    expect(pairWords(sampleOrder, sampleOrder).before).toMatch(/^The first to fill cancels/);
    expect(pairWords(sampleOrder, undefined).before).toMatch(/^The first to fill cancels/);
    expect(pairWords(sampleOrder, done)).toEqual({
      before: "Works alone now: ",
      after: " of its pair is cancelled",
    });
    expect(pairWords(done, sampleOrder).before).toBe("One of a pair with ");
  });
});
