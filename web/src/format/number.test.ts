import { describe, expect, it } from "vitest";
import {
  indicatorValue,
  money,
  percent,
  price,
  quantity,
  ratio,
  shownPercentSign,
  shownSign,
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

  it("has no sign for what is shown as nothing", () => {
    expect(["-0.0016", "0.0049", "0.005", "-12"].map((each) => shownSign(each))).toEqual([
      0, 0, 1, -1,
    ]);
    expect(shownSign("0.4", "JPY")).toBe(0);
    expect(shownSign("-0.0016", "BTC")).toBe(-1);
    expect(shownPercentSign("-0.004")).toBe(0);
  });

  it("shortens thousands of a change, and keeps its sign", () => {
    expect(signedCompact("-1463.27")).toBe("\u22121.46K");
    expect(signedCompact("782.57")).toBe("+782.57");
    expect(signedCompact("-21.5")).toBe("\u221221.50");
  });

  it("shows an indicator as fine as prices, and finer where it is far smaller", () => {
    expect(indicatorValue(0.012576728, "0.001")).toBe("0.0126");
    expect(indicatorValue(0.000012576, "0.00001")).toBe("0.0000126");
    expect(indicatorValue(55.2371, "0.00001")).toBe("55.24");
    expect(indicatorValue(1.23456, "0.001")).toBe("1.235");
    expect(indicatorValue(0, "0.001")).toBe("0.000");
  });

  it("says when a statistic does not exist", () => {
    expect(ratio(null)).toBe("–");
    expect(ratio("1.234")).toBe("1.23");
  });
});
