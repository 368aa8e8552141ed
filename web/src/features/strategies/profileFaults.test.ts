import { expect, it } from "vitest";
import { capitalFault, currencyFault, nameFault } from "./profileFaults";

it("wants a name, and capital above zero", () => {
  expect(nameFault("  ")).toContain("name");
  expect(nameFault("Trend")).toBeNull();
  expect(capitalFault("ten")).toContain("10000");
  expect(capitalFault("0")).toContain("more than zero");
  expect(capitalFault("-5")).toContain("more than zero");
  expect(capitalFault("1,000")).toBeNull();
});

it("wants capital in the currency of what is traded, as far as that is known", () => {
  const quotes = new Map([
    ["ACME", "USD"],
    ["WAVE", "EUR"],
  ]);
  expect(currencyFault("USD", ["ACME"], quotes)).toBeUndefined();
  expect(currencyFault("USD", ["ACME", "WAVE"], quotes)).toBe("WAVE is priced in EUR.");
  expect(currencyFault("USD", ["NOPE"], quotes)).toBeUndefined();
});
