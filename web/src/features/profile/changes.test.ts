import { expect, it } from "vitest";
import { fieldChanges, isSame } from "./changes";

const saved = { name: "Trend", allocated: "10000", currency: "USD", config: "{}" };

it("tells of a name and a capital that are others, besides the rules", () => {
  const written = { ...saved, name: "Mine", allocated: "5000" };
  expect(fieldChanges(saved, written)).toEqual([
    { label: "Name", before: "Trend", after: "Mine" },
    { label: "Capital", before: "10,000.00 USD", after: "5,000.00 USD" },
  ]);
  expect(isSame(saved, written)).toBe(false);
  expect(isSame(saved, { ...saved, config: "[]" })).toBe(false);
});

it("takes one amount for the same however it is written, and no text for an amount", () => {
  expect(isSame(saved, { ...saved, allocated: "10,000.0" })).toBe(true);
  expect(fieldChanges(saved, { ...saved, allocated: "ten" })).toMatchObject([{ after: "ten" }]);
});
