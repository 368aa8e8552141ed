import { describe, expect, it } from "vitest";
import { retargeted } from "./retarget";

const before = { symbol: "ACME", timeframe: "1m" };

describe("another symbol or other bars in the form", () => {
  it("change the one symbol that the form has put there", () => {
    const config = { symbols: ["ACME"], timeframe: "1m", entry: "close > 1" };
    expect(retargeted(config, before, { symbol: "TIDE/USD", timeframe: "1m" })).toEqual({
      ...config,
      symbols: ["TIDE/USD"],
    });
  });

  it("never cut a list of symbols", () => {
    const config = { symbols: ["ACME", "BTC/USD"], timeframe: "1m" };
    expect(retargeted(config, before, { ...before, timeframe: "1h" })).toEqual({
      symbols: ["ACME", "BTC/USD"],
      timeframe: "1h",
    });
    const moved = retargeted(config, before, { ...before, symbol: "TIDE/USD" });
    expect(moved.symbols).toEqual(["TIDE/USD", "BTC/USD"]);
    const own = { symbols: ["X", "Y"], timeframe: "1m" };
    expect(retargeted(own, before, { ...before, symbol: "TIDE/USD" })).toEqual(own);
  });
});
