import { act } from "react";
import { createRoot } from "react-dom/client";
import { beforeEach, describe, expect, it } from "vitest";
import type { RefusalBody } from "~/api/types";
import { changePreferences } from "~/app/preferences";
import { RefusalWords } from "./RefusalWords";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

function told(refusal: RefusalBody): string {
  const element = document.createElement("p");
  const root = createRoot(element);
  act(() => root.render(<RefusalWords refusal={refusal} />));
  const text = element.textContent;
  act(() => root.unmount());
  return text;
}

describe("the gate's no", () => {
  beforeEach(() => changePreferences({ timeZone: "Europe/Berlin" }));

  it("tells who stopped entries, when in the chosen zone, and why", () => {
    const refusal: RefusalBody = {
      code: "control",
      text: "entries everywhere are stopped (PAUSED by ann since 2026-11-26T19:01:42.4Z: news)",
      mode: "PAUSED",
      by: "ann@example.org",
      at: "2026-11-26T19:01:42.4Z",
      reason: "news",
      scope: { type: "global" },
    };
    const words = told(refusal);
    expect(words).toMatch(
      /^Entries are stopped: PAUSED by ann@example\.org since Nov 26, 0?8:01:42/,
    );
    expect(words).toContain(": “news”. Exits, stops and targets go on.");
    expect(words).not.toContain("2026-11-26T");
  });

  it("speaks of portions of targets in percent, as the form does", () => {
    const text = "as the server says it";
    expect(told({ code: "targetsAboveEntry", text, portions: "1.1" })).toBe(
      "The targets would close 110 % of the entry, those that have filled included. " +
        "Choose portions that come to 100 % at most.",
    );
    expect(
      told({ code: "targetsAboveHeld", text, quantity: "10", held: "6", most: "0.6" }),
    ).toContain("Choose portions that come to 60 % at most.");
    expect(told({ code: "targetOffTick", text, level: "1.005", below: "1", above: "1.01" })).toBe(
      "1.005 is no price of the venue. Choose 1.00 or 1.01.",
    );
  });

  it("writes numbers as everywhere else", () => {
    const text = "12000.5 needed, 9000 available";
    const words = told({ code: "insufficientCapital", text, needed: "12000.5", available: "9000" });
    expect(words).toBe(
      "It needs 12,000.50, and 9,000.00 is available. " +
        "Make the order smaller, close something, or allocate more capital.",
    );
    const passed = { level: "9999", price: "1893.06" };
    expect(told({ code: "stopPassedAtEntry", text: "", ...passed })).toBe(
      "A stop at 9,999.00 would end the trade as it begins: it would enter at about 1,893.06. " +
        "Choose a level on the side of the loss.",
    );
    const open = told({ code: "tooManyPositions", text: "", open: 1, limit: 1 });
    expect(open).toBe("1 trade is open or being entered, and 1 may be. Close one.");
  });

  it("tells whose limit it is, and what would change it", () => {
    const numbers = { code: "exposureAboveLimit", text: "", exposure: "1100.5", limit: "1000" };
    const of = (scope: string) => told({ ...numbers, scope } as RefusalBody);
    const head =
      "Positions and entries would use 1,100.50 together, and they may use 1,000.00. " +
      "Order less or close a trade, or ";
    expect(of("tenant")).toBe(`${head}raise “Largest exposure” under Limits.`);
    expect(of("profile")).toBe(`${head}raise “Largest exposure” of the profile.`);
    expect(of("strategy")).toBe(`${head}raise “Largest exposure” in the profile's config.`);
    expect(of("product")).toBe(`${head}ask an operator to raise “Largest exposure”.`);
  });

  it("has the server's sentence with times in the chosen zone and limits by their titles", () => {
    const text =
      "entries of ACME are locked until 2026-11-26T19:01:42Z: a trade has closed, and 5 minutes " +
      "are to pass; wait, or lift the lock";
    const words = told({ code: "entriesLocked", text, until: "2026-11-26T19:01:42Z" });
    expect(words).toMatch(/^Entries of ACME are locked until Nov 26, 0?8:01:42/);
    expect(words).not.toContain("2026-");
    const restricted = "ACME is not to be entered; take it out of restrictedSymbols of the tenant";
    expect(told({ code: "symbolRestricted", text: restricted })).toBe(
      "ACME is not to be entered; take it out of “Restricted instruments” of the tenant.",
    );
  });

  it("falls back to the server's words", () => {
    expect(told({ code: "insufficientCapital", text: "too little" })).toBe("Too little.");
    expect(told({ code: "overflow", text: "the numbers are too large" })).toBe(
      "The numbers are too large.",
    );
  });
});
