import { expect, it } from "vitest";
import { fromOf } from "./range";

it.each([
  ["day", "2026-03-31T12:00:00Z", undefined],
  ["month", "2026-03-31T12:00:00Z", "2026-03-01T12:00:00.000Z"],
  ["all", undefined, "1970-01-01T00:00:00Z"],
] as const)("a %s back from %s begins at %s", (range, now, from) => {
  expect(fromOf(range, now)).toBe(from);
});
