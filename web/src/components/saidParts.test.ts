import { expect, it } from "vitest";
import { partsOf } from "./saidParts";

it("cuts a sentence at its instants, and names limits by their titles", () => {
  const text =
    "Entries of ACME are locked until 2026-05-13T01:00:00Z: 3 trades in a row were lost.";
  expect(partsOf(text)).toEqual([
    { text: "Entries of ACME are locked until " },
    { at: "2026-05-13T01:00:00Z" },
    { text: ": 3 trades in a row were lost." },
  ]);
  expect(partsOf("raise maxDailyLoss of the profile")).toEqual([
    { text: "raise “Loss of a day” of the profile" },
  ]);
  expect(partsOf("")).toEqual([]);
});
