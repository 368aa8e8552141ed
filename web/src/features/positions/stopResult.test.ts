import { describe, expect, it } from "vitest";
import { compare } from "~/format/decimal";
import { resultAtStop } from "./stopResult";

const long = {
  effect: "enter",
  side: "buy",
  quantity: "4",
  estimatedPrice: "100",
  fees: "0.40",
} as const;

const comesTo = (value: string | undefined, expected: string) =>
  expect(value === undefined ? undefined : compare(value, expected)).toBe(0);

describe("what an order comes to at its stop", () => {
  it("is the way to the stop less the fees in and out", () => {
    comesTo(resultAtStop(long, { price: "95" }), "-20.78");
    comesTo(resultAtStop({ ...long, side: "sell" }, { price: "105" }), "-20.82");
  });

  it("takes a distance in percent from the expected price", () => {
    comesTo(resultAtStop(long, { percent: "5" }), "-20.78");
    comesTo(resultAtStop({ ...long, side: "sell" }, { percent: "5" }), "-20.82");
  });

  it("is not known without a stop or a price, nor of an order that leaves", () => {
    expect(resultAtStop(long, undefined)).toBeUndefined();
    expect(resultAtStop({ ...long, estimatedPrice: undefined }, { price: "95" })).toBeUndefined();
    expect(resultAtStop({ ...long, effect: "exit" }, { price: "95" })).toBeUndefined();
  });
});
