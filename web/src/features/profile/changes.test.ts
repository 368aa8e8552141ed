import { expect, it } from "vitest";
import { typedOf } from "~/features/limits/limitSet";
import { fieldChanges, isSame, onTopOf } from "./changes";

const saved = {
  name: "Trend",
  allocated: "10000",
  currency: "USD",
  config: "{}",
  timeZone: "UTC",
  limits: typedOf({ maxDailyLoss: "100", maxOpenPositions: 2 }),
};

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

it("tells of limits and of the zone of its days, in words", () => {
  const limits = typedOf({ maxDailyLoss: "250", cooldownMinutes: 90, maxOpenPositions: 2 });
  const written = { ...saved, timeZone: "Europe/Zurich", limits };
  expect(fieldChanges(saved, written)).toEqual([
    { label: "Days of", before: "UTC", after: "Europe/Zurich" },
    { label: "Loss of a day", before: "100", after: "250" },
    { label: "Pause after a trade", before: "off", after: "1 h 30 min" },
  ]);
  expect(isSame(saved, written)).toBe(false);
});

it("replaces of another version only what was changed of its limits and its zone", () => {
  const written = { ...saved, limits: { ...saved.limits, maxDailyLoss: "250" } };
  const theirs = {
    ...saved,
    timeZone: "Asia/Tokyo",
    limits: typedOf({ maxDailyLoss: "300", maxExposure: "9", maxOpenPositions: 2 }),
  };
  const next = onTopOf(written, saved, theirs);
  expect(next.timeZone).toBe("Asia/Tokyo");
  expect(next.limits).toMatchObject({ maxDailyLoss: "250", maxExposure: "9" });
});
