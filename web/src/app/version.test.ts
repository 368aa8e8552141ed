import { expect, it } from "vitest";
import { isBelow } from "./version";

it.each([
  ["0.1.0", "0.1.0", false],
  ["0.1.0", "0.0.0", false],
  ["0.9.0", "0.10.0", true],
  ["1.0.0", "0.10.0", false],
  ["0.1.0-beta", "0.1.1", true],
])("%s is below %s: %s", (version, least, below) => {
  expect(isBelow(version, least)).toBe(below);
});
