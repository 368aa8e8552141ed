import { describe, expect, it } from "vitest";
import {
  absolute,
  add,
  ceilTo,
  compare,
  decimalsOf,
  decimalText,
  divide,
  floorTo,
  multiply,
  negate,
  signOf,
  subtract,
  sum,
  trimmed,
  typedDecimal,
} from "./decimal";

describe("exact decimals", () => {
  it("adds what floats cannot", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(sum(["9007199254740993.01", "0.01", "-0.02"])).toBe("9007199254740993.00");
    expect(subtract("1", "0.000000000000000001")).toBe("0.999999999999999999");
  });

  it("keeps signs, also between minus one and zero", () => {
    expect(add("-0.5", "0.2")).toBe("-0.3");
    expect(negate("-.5")).toBe("0.5");
    expect(absolute("-12.30")).toBe("12.30");
    expect(["-0.01", "0.00", "3"].map(signOf)).toEqual([-1, 0, 1]);
    expect(compare("-0.1", "-0.10")).toBe(0);
    expect(compare("2", "10")).toBe(-1);
  });

  it("multiplies and divides with the digits asked for, cut towards zero", () => {
    expect(multiply("1.05", "-2.5")).toBe("-2.625");
    expect(divide("100", "3", 4)).toBe("33.3333");
    expect(divide("-2", "3", 2)).toBe("-0.66");
    expect(divide("0.00000001", "2", 2)).toBe("0.00");
    expect(() => divide("1", "0.0", 2)).toThrow(RangeError);
  });

  it("rounds to a step, down or up", () => {
    expect(ceilTo("180.892745732535078542", "0.01")).toBe("180.900000000000000000");
    expect(ceilTo("180.90", "0.01")).toBe("180.90");
    expect(trimmed("180.900000")).toBe("180.9");
    expect(trimmed("100")).toBe("100");
    expect(floorTo("1.2399", "0.01")).toBe("1.2300");
    expect(floorTo("17", "5")).toBe("15");
    expect(floorTo("17", "0")).toBe("17");
    expect(decimalsOf("0.0100")).toBe(2);
    expect(decimalsOf("5")).toBe(0);
  });

  it("writes figures without an exponent", () => {
    expect(decimalText(1e-7)).toBe("0.000000100000");
    expect(decimalText("12.50")).toBe("12.50");
    expect(decimalText(-3.25)).toBe("-3.25");
  });

  it("reads what people type, with point or comma", () => {
    expect(typedDecimal("1,234.50")).toBe("1234.50");
    expect(typedDecimal("1.234,50")).toBe("1234.50");
    expect(typedDecimal("0,5")).toBe("0.5");
    expect(typedDecimal("0,125")).toBe("0.125");
    expect(typedDecimal("-0,125")).toBe("-0.125");
    expect(typedDecimal("1,000")).toBe("1000");
    expect(typedDecimal(" 10'000 ")).toBe("10000");
    expect(typedDecimal(".5")).toBe("0.5");
    expect(typedDecimal("1e5")).toBeUndefined();
    expect(typedDecimal("")).toBeUndefined();
  });
});
