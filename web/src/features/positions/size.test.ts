import { describe, expect, it } from "vitest";
import { sizeOf, type SizeInput } from "./size";

const input: SizeInput = {
  by: "risk",
  size: "1",
  price: "100",
  stopPrice: "97",
  equity: "10000",
  lot: "0.01",
};

describe("the size calculator", () => {
  it("sizes so that the stop costs the share of equity, rounded down to the lot", () => {
    expect(sizeOf(input)).toEqual({ kind: "quantity", quantity: "33.33" });
    expect(sizeOf({ ...input, lot: "1" })).toEqual({ kind: "quantity", quantity: "33" });
    expect(sizeOf({ ...input, stopPrice: "103" })).toEqual({ kind: "quantity", quantity: "33.33" });
  });

  it("passes on quantity and notional as they were typed", () => {
    expect(sizeOf({ ...input, by: "quantity", size: "0.5" })).toEqual({
      kind: "quantity",
      quantity: "0.5",
    });
    expect(sizeOf({ ...input, by: "notional", size: "250" })).toEqual({
      kind: "notional",
      notional: "250",
    });
  });

  it("says what is missing instead of guessing", () => {
    expect(sizeOf({ ...input, stopPrice: undefined }).kind).toBe("missing");
    expect(sizeOf({ ...input, stopPrice: "100.00" }).kind).toBe("missing");
    expect(sizeOf({ ...input, price: undefined }).kind).toBe("missing");
    expect(sizeOf({ ...input, size: "0" }).kind).toBe("missing");
    expect(sizeOf({ ...input, size: "0.0001", lot: "1" }).kind).toBe("missing");
  });
});
