import { expect, it } from "vitest";
import { faultWords, inOrder, refusedFaults, unlistedFaults } from "./configFaults";

const config = { timeframe: "1h", symbols: ["ACME", "NOPE"] };
const text = JSON.stringify(config, null, 2);

it("marks a symbol that the market does not list, where it stands", () => {
  expect(unlistedFaults(text, config, ["ACME", "ORCA"])).toEqual([
    {
      path: "symbols",
      message: "This market does not list NOPE. It lists ACME, ORCA.",
      line: 5,
      column: 5,
    },
  ]);
  expect(unlistedFaults(text, config, ["ACME", "NOPE"])).toEqual([]);
  expect(unlistedFaults(text, config, [])).toEqual([]);
});

it("says what was refused by the config's own names, where it is", () => {
  const fields = [
    { field: "strategyConfig.symbols", message: "the market does not list NOPE" },
    { field: "name", message: "is missing" },
  ];
  expect(refusedFaults(text, fields)).toEqual([
    { path: "symbols", message: "The market does not list NOPE.", line: 3, column: 3 },
  ]);
});

it("names the field that an error is about, in the order of the text", () => {
  const missing = { path: "entryShort", message: "is missing; direction both needs it" };
  const faults = [
    { path: "limits", message: "is unknown" },
    { path: "exit", message: "is no rule", line: 12, column: 3 },
    { path: "entry", message: "is no rule", line: 7, column: 14 },
    { path: "", message: "ends too soon", line: 7, column: 2 },
    { ...missing, line: 1, column: 1 },
  ];
  expect(inOrder(faults).map(faultWords)).toEqual([
    "entryShort: is missing; direction both needs it",
    "ends too soon",
    "entry: is no rule",
    "exit: is no rule",
    "limits: is unknown",
  ]);
});
