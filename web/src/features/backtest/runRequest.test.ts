import { describe, expect, it } from "vitest";
import { changePreferences } from "~/app/preferences";
import { fieldsOf, FIRST_RUN, requestOf } from "./runRequest";

const config = { symbols: ["ACME", "BTC/USD"], timeframe: "1h" };
const file = new File(["time,close\n"], "acme.csv");

describe("what a back-test is asked for", () => {
  it("takes symbols and timeframe from the config", () => {
    changePreferences({ timeZone: "UTC" });
    const fields = { ...FIRST_RUN, feePct: "0,05", from: "2026-01-01", to: "2026-01-31" };
    expect(requestOf(fields, config, new Map()).request).toEqual({
      symbols: ["ACME", "BTC/USD"],
      timeframe: "1h",
      strategyConfig: config,
      cash: "10000",
      feePct: "0.05",
      slippageBps: "2",
      range: { from: "2026-01-01T00:00:00.000Z", to: "2026-01-31T23:59:59.999Z" },
      data: { source: "market" },
    });
  });

  it("begins or ends with the data where a date is blank", () => {
    changePreferences({ timeZone: "UTC" });
    const rangeOf = (dates: { from?: string; to?: string }) =>
      requestOf({ ...FIRST_RUN, ...dates }, config, new Map()).request?.range;
    expect(rangeOf({ from: "2026-01-01" })).toEqual({ from: "2026-01-01T00:00:00.000Z" });
    expect(rangeOf({ to: "2026-01-31" })).toEqual({ to: "2026-01-31T23:59:59.999Z" });
    expect(rangeOf({})).toBeUndefined();
  });

  it("is asked for again as it was, also what the form does not show", () => {
    changePreferences({ timeZone: "UTC" });
    const fields = { ...FIRST_RUN, cash: "500", from: "2026-01-01", to: "2026-01-31" };
    const { request } = requestOf(fields, config, new Map());
    if (request === undefined) throw new Error("nothing is asked for");
    const first = { ...request, lot: "1" };
    expect(fieldsOf(first)).toEqual(fields);
    expect(requestOf(fieldsOf(first), config, new Map(), first).request).toEqual(first);
  });

  it("wants a file for each symbol when data is uploaded", () => {
    const fields = { ...FIRST_RUN, source: "upload" as const };
    expect(requestOf(fields, config, new Map([["ACME", file]])).fault).toContain("BTC/USD");
    const all = new Map([
      ["ACME", file],
      ["BTC/USD", file],
    ]);
    expect(requestOf(fields, config, all).request?.stamped).toBe("open");
  });

  it("says what is wrong", () => {
    expect(requestOf(FIRST_RUN, undefined, new Map()).fault).toContain("profile");
    expect(requestOf({ ...FIRST_RUN, cash: "a lot" }, config, new Map()).fault).toContain(
      "numbers",
    );
    const backwards = { ...FIRST_RUN, from: "2026-02-01", to: "2026-01-01" };
    expect(requestOf(backwards, config, new Map()).fault).toContain("before");
  });
});
