import { describe, expect, it } from "vitest";
import { changedNames, holding, limitsOf, limitValue, rebased, typedOf } from "./limitSet";

const full = {
  maxExposure: "20000.5",
  maxDataAgeMs: 1500,
  maxOpenPositions: 3,
  restrictedSymbols: ["ACME", "ORCA"],
  stopGuard: { stops: 3, lookbackMinutes: 60, lockMinutes: 90, perSymbol: true },
  lowProfitLock: { trades: 4, lookbackMinutes: 60, lockMinutes: 30, minProfitPercent: "-0.5" },
};

describe("limits as they are typed", () => {
  it("go there and back as they were", () => {
    const typed = typedOf(full);
    expect(typed).toMatchObject({ maxDataAgeMs: "1.5", "stopGuard.perSymbol": "true" });
    expect(typed.maxDailyLoss).toBe("");
    expect(limitsOf(typed, full)).toEqual({ limits: full, faults: {} });
  });

  it("keep what this application does not know of", () => {
    const newer = { ...full, maxLeverage: "3" };
    expect(limitsOf(typedOf(newer), newer).limits).toEqual(newer);
  });

  it("are off when they are emptied, and take grouped digits", () => {
    const typed = { ...typedOf(full), maxExposure: " 1,250.5 ", maxOpenPositions: "" };
    const { limits } = limitsOf(typed, full);
    expect(limits).toMatchObject({ maxExposure: "1250.5" });
    expect(limits).not.toHaveProperty("maxOpenPositions");
  });

  it("tell what cannot be sent, each at its field", () => {
    const typed = {
      ...typedOf({}),
      maxExposure: "much",
      maxOpenPositions: "2.5",
      maxDataAgeMs: "0.0001",
      "stopGuard.stops": "3",
      cooldownMinutes: "12345678901",
    };
    expect(limitsOf(typed, {}).faults).toEqual({
      maxExposure: "It is not a number; write digits such as 250.",
      maxOpenPositions: "Write a whole number.",
      maxDataAgeMs: "Write no more than three digits of a second.",
      "stopGuard.lookbackMinutes": "Write this too, or empty the others to switch it off.",
      "stopGuard.lockMinutes": "Write this too, or empty the others to switch it off.",
      cooldownMinutes: "It has too many digits.",
    });
  });

  it("stay over what somebody else has saved, and take the rest from there", () => {
    const before = typedOf({ maxExposure: "100", maxOpenPositions: 1 });
    const typed = { ...before, maxExposure: "150" };
    const now = typedOf({ maxExposure: "120", maxOpenPositions: 2, maxDailyLoss: "9" });
    const next = rebased(typed, before, now);
    expect(next).toMatchObject({ maxExposure: "150", maxOpenPositions: "2", maxDailyLoss: "9" });
    expect(changedNames(now, next)).toEqual(["maxExposure"]);
  });
});

describe("of several scopes", () => {
  const [product, tenant, profile] = [
    { maxOrderNotional: "500", maxExposure: "9000", minEntryIntervalMs: 5 },
    { maxOrderNotional: "500.0", maxExposure: "8000.5" },
    { maxOrderNotional: "1000", maxExposure: "7000", minEntryIntervalMs: 10 },
  ];
  const sets = [product, tenant, profile];
  const isWide = [true, true, false];

  it("the strictest holds, the first where they are alike", () => {
    expect(holding("maxOrderNotional", sets, isWide)).toEqual([0]);
    expect(holding("minEntryIntervalMs", sets, isWide)).toEqual([2]);
    expect(holding("maxDailyLoss", sets, isWide)).toEqual([]);
  });

  it("a sum over all profiles is not compared with that of one", () => {
    expect(holding("maxExposure", sets, isWide)).toEqual([1, 2]);
  });

  it("lists and guards hold together", () => {
    const lists = [{ restrictedSymbols: ["ACME"] }, { restrictedSymbols: [] }, full];
    expect(holding("restrictedSymbols", lists, isWide)).toEqual([0, 2]);
  });
});

it("says a limit in words", () => {
  expect(limitValue("maxExposure", full)).toBe("20,000.5");
  expect(limitValue("maxDataAgeMs", { maxDataAgeMs: 300_000 })).toBe("5 min");
  expect(limitValue("maxDataAgeMs", full)).toBe("1.5 s");
  expect(limitValue("stopGuard", full)).toBe(
    "3 stops at a loss within 1 h lock for 1 h 30 min, each instrument apart",
  );
  expect(limitValue("lowProfitLock", full)).toBe(
    "less than −0.5 % by the last 4 trades within 1 h locks for 30 min",
  );
  expect(limitValue("maxDailyLoss", full)).toBeUndefined();
});
