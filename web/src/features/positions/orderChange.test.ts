import { describe, expect, it } from "vitest";
import { sampleOrder } from "~/realtime/samples";
import {
  changeFaults,
  changeOf,
  changeWords,
  fieldsOf,
  isChangeable,
  orderChanges,
  rebasedChange,
  typedOfOrder,
} from "./orderChange";

describe("a change of a working order", () => {
  it("asks for the prices that its type has", () => {
    expect(fieldsOf({ type: "stop_limit" })).toEqual(["quantity", "stopPrice", "limitPrice"]);
    expect(fieldsOf({ type: "trailing_stop" })).toEqual(["quantity", "trailDistance"]);
    expect(typedOfOrder(sampleOrder)).toEqual({ quantity: "0.5", limitPrice: "100" });
  });

  it("is of what works and is not being changed already", () => {
    expect(isChangeable(sampleOrder)).toBe(true);
    expect(isChangeable({ ...sampleOrder, amending: true })).toBe(false);
    expect(isChangeable({ ...sampleOrder, status: "pendingCancel" })).toBe(false);
    expect(isChangeable({ ...sampleOrder, type: "market" })).toBe(false);
  });

  it("sends only what is different, however that is written", () => {
    expect(changeOf(sampleOrder, { quantity: "0.50", limitPrice: "99.5" })).toEqual({
      limitPrice: "99.5",
    });
    expect(changeOf(sampleOrder, typedOfOrder(sampleOrder))).toEqual({});
  });

  it("says what is wrong at its field, and what it would do", () => {
    expect(changeFaults(sampleOrder, { quantity: "", limitPrice: "-1" })).toEqual({
      quantity: "Write a number.",
      limitPrice: "Must be above zero.",
    });
    const words = changeWords(sampleOrder, { quantity: "1200", limitPrice: "99.5" }, "0.01");
    expect(words).toEqual([
      "Quantity in all from 0.5 to 1,200",
      "Limit price from 100.00 to 99.50",
    ]);
  });

  it("keeps what is typed when somebody else was first, and says what they did", () => {
    const now = { ...sampleOrder, quantity: "0.75", limitPrice: "101", filledQuantity: "0.25" };
    const typed = { quantity: "0.5", limitPrice: "98" };
    expect(rebasedChange(typed, sampleOrder, now)).toEqual({ quantity: "0.75", limitPrice: "98" });
    expect(orderChanges(sampleOrder, now, "0.01")).toEqual([
      "Quantity in all was 0.5 and is 0.75 now.",
      "Limit price was 100.00 and is 101.00 now.",
      "0 had filled, now 0.25.",
    ]);
    expect(orderChanges(sampleOrder, { ...sampleOrder, oco: "ord_2" })).toEqual([
      "It is one of a pair now: the first to fill cancels the other.",
    ]);
    expect(orderChanges(sampleOrder, sampleOrder)).toEqual([
      "Something else about the order is different.",
    ]);
  });
});
