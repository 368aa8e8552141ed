import { describe, expect, it } from "vitest";
import {
  money,
  percent,
  price,
  quantity,
  ratio,
  signedCompact,
  signedMoney,
  signedPercent,
} from "./number";

// jsdom has the locale en-US.
describe("numbers for people", () => {
  it("formats amounts exactly, beyond what a float can hold", () => {
    expect(money("9007199254740993.015")).toBe("9,007,199,254,740,993.02");
    expect(money("0.005")).toBe("0.01");
    expect(money("1234567", "JPY")).toBe("1,234,567");
    expect(money("0.5", "BTC")).toBe("0.50000000");
  });

  it("always signs changes, with a true minus, and zero not at all", () => {
    expect(signedMoney("12.3")).toBe("+12.30");
    expect(signedMoney("-12.3")).toBe("\u221212.30");
    expect(signedMoney("0.00")).toBe("0.00");
    expect(signedMoney("-0.001")).toBe("0.00");
    expect(signedMoney("0.001")).toBe("0.00");
    expect(signedPercent("1.5")).toBe("+1.50 %");
    expect(percent("99.999", 1)).toBe("100.0 %");
  });

  it("shows a price with its own digits and a quantity without needless ones", () => {
    expect(price("101.5")).toBe("101.50");
    expect(price("1.08341")).toBe("1.08341");
    expect(price("64000", "0.001")).toBe("64,000.000");
    expect(quantity("0.50000")).toBe("0.5");
    expect(quantity("1500")).toBe("1,500");
  });

  it("shortens a change, and keeps its sign", () => {
    expect(signedCompact("-1463.27")).toBe("\u22121.46K");
    expect(signedCompact("782.57")).toBe("+783");
  });

  it("says when a statistic does not exist", () => {
    expect(ratio(null)).toBe("–");
    expect(ratio("1.234")).toBe("1.23");
  });
});
