import { describe, expect, it } from "vitest";
import { changePreferences } from "~/app/preferences";
import type { BacktestRequest } from "~/api/types";
import { faultsOf, fieldsOf, firstRun, placeOf, rangeWords, requestOf } from "./runRequest";

const config = { symbols: ["ACME", "BTC/USD"], timeframe: "1h" };
const file = new File(["time,close\n"], "acme.csv");
const costs = { takerFeePct: "0.05", makerFeePct: "0.02", slippageBps: "1" };
const first = firstRun(costs);

describe("what a back-test is asked for", () => {
  it("takes symbols and timeframe from the config, and costs from the paper venue", () => {
    changePreferences({ timeZone: "UTC" });
    const fields = { ...first, cash: "5 000,5", from: "2026-01-01", to: "2026-01-31" };
    expect(requestOf(fields, config, new Map()).request).toEqual({
      symbols: ["ACME", "BTC/USD"],
      timeframe: "1h",
      strategyConfig: config,
      cash: "5000.5",
      feePct: "0.05",
      makerFeePct: "0.02",
      slippageBps: "1",
      range: { from: "2026-01-01T00:00:00.000Z", to: "2026-01-31T23:59:59.999Z" },
      data: { source: "market" },
    });
  });

  it("begins or ends with the data where a date is blank", () => {
    changePreferences({ timeZone: "UTC" });
    const rangeOf = (dates: { from?: string; to?: string }) =>
      requestOf({ ...first, ...dates }, config, new Map()).request?.range;
    expect(rangeOf({ from: "2026-01-01" })).toEqual({ from: "2026-01-01T00:00:00.000Z" });
    expect(rangeOf({ to: "2026-01-31" })).toEqual({ to: "2026-01-31T23:59:59.999Z" });
    expect(rangeOf({})).toBeUndefined();
  });

  it("is asked for again as it was, also what the form does not show", () => {
    changePreferences({ timeZone: "UTC" });
    const fields = { ...first, cash: "500", currency: "EUR", from: "2026-01-01", to: "2026-01-31" };
    const { request } = requestOf(fields, config, new Map());
    if (request === undefined) throw new Error("nothing is asked for");
    const asked = { ...request, lot: "1" };
    expect(fieldsOf(asked)).toEqual(fields);
    expect(requestOf(fieldsOf(asked), config, new Map(), asked).request).toEqual(asked);
  });

  it("never names the fee twice, whatever a former run called it", () => {
    const former: BacktestRequest = {
      timeframe: "1h",
      strategyConfig: config,
      takerFeePct: "0.3",
      data: { source: "market" },
    };
    const fields = fieldsOf(former, costs);
    expect(fields).toMatchObject({ feePct: "0.3", makerFeePct: "0.3", slippageBps: "1" });
    const { request } = requestOf(fields, config, new Map(), former);
    expect(request).toMatchObject({ feePct: "0.3", makerFeePct: "0.3" });
    expect(request).not.toHaveProperty("takerFeePct");
  });

  it("costs nothing on files of one's own where no cost was named", () => {
    const data = { source: "upload" } as const;
    const former: BacktestRequest = { timeframe: "1h", strategyConfig: config, data };
    expect(fieldsOf(former, costs)).toMatchObject({ feePct: "0", slippageBps: "0" });
  });

  it("wants a file for each symbol when data is uploaded", () => {
    const fields = { ...first, source: "upload" as const };
    expect(requestOf(fields, config, new Map([["ACME", file]])).fault).toContain("BTC/USD");
    const all = new Map([
      ["ACME", file],
      ["BTC/USD", file],
    ]);
    expect(requestOf(fields, config, all).request?.stamped).toBe("open");
  });
});

describe("what is wrong with a back-test", () => {
  it("is said at each field by itself", () => {
    expect(faultsOf(first)).toEqual({});
    expect(faultsOf({ ...first, cash: "a lot", feePct: "-1", slippageBps: "10000" })).toEqual({
      cash: "Write a number such as 10000.",
      feePct: "It cannot be below zero.",
      slippageBps: "It must be below 10000.",
    });
    expect(faultsOf({ ...first, cash: "0" }).cash).toBe("Begin with more than zero.");
    expect(faultsOf({ ...first, cash: "-5" }).cash).toBe("It cannot be below zero.");
    const backwards = { ...first, from: "2026-02-01", to: "2026-01-01" };
    expect(faultsOf(backwards)).toEqual({ to: "It is before the day in From." });
  });

  it("keeps it from being sent", () => {
    expect(requestOf(first, undefined, new Map()).fault).toContain("profile");
    expect(requestOf({ ...first, feePct: "-1" }, config, new Map()).fault).toContain("marked");
  });

  it("has its place in the form by the server's names as well", () => {
    expect(placeOf("range.from")).toBe("from");
    expect(placeOf("takerFeePct")).toBe("feePct");
    expect(placeOf("strategyConfig.entry")).toBeUndefined();
  });
});

it("says what blank dates mean, which differs between the market and files", () => {
  expect(rangeWords({ ...first, to: "2026-01-31" })).toBe("20,000 bars up to that day.");
  expect(rangeWords({ ...first, from: "2026-01-01" })).toBe("From that day to the newest bar.");
  expect(rangeWords({ ...first, source: "upload" })).toBe("Blank dates: all bars of the files.");
});
