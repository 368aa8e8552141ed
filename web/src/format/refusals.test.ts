import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { remedyOf } from "./words";

/** Whose sentence says itself what would let the order pass, or to whom no person comes. */
const SAY_IT_THEMSELVES = [
  "productUnavailable",
  "storeAway",
  "underReview",
  "profileStopped",
  "notEntitled",
  "credentialsMissing",
  "instrumentUnknown",
  "priceImplausible",
  "marketDataStale",
  "stopOffTick",
  "stopPassedAtEntry",
  "targetBeyondPrice",
  "targetOffTick",
  "targetPassedAtEntry",
  "targetsAboveEntry",
  "targetsAboveHeld",
  "stopBeyondPrice",
  "stopBeyondLiquidation",
  "selfTrade",
  "orderQuantityAboveLimit",
  "orderNotionalAboveLimit",
  "tooManyPositions",
  "positionAboveLimit",
  "exposureAboveLimit",
  "openOrdersAboveLimit",
  "orderRateAboveLimit",
  "entryTooSoon",
  "dailyLossReached",
  "dailyLossPercentReached",
  "drawdownReached",
  "entriesLocked",
  "symbolRestricted",
  "priceBeyondCollar",
];

it("says of every refusal what to do, once", () => {
  const page = readFileSync("../docs/refusals.md", "utf8");
  const codes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(40);
  const told = codes.filter((code) => remedyOf(code) !== undefined);
  expect([...told, ...SAY_IT_THEMSELVES].sort()).toEqual([...codes].sort());
});
