/** A back-test as people run one: from a profile, and from a file of their own. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, firstProfile, test } from "./fixtures";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "back-tests are run on a larger screen");
});

async function fill(app: Page, file: string): Promise<void> {
  await app.goto("backtest");
  await app.getByRole("button", { name: "Paste one instead" }).click();
  // The editor takes text as a whole only while the checker's marks are not being set.
  await expect(app.getByText(/^\d+ errors?$/)).toBeVisible();
  await app.getByLabel("Strategy config").fill(readFileSync(example("sma-cross.json"), "utf8"));
  await app.getByText("Own CSV", { exact: true }).click();
  await app.locator('input[type="file"]').setInputFiles(file);
  await expect(app.getByRole("button", { name: /^Bars of / })).toContainText(".csv");
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
}

/** What the command line says of the same bars. */
function finalEquity(file: string): number {
  const { symbols, timeframe } = JSON.parse(readFileSync(example("sma-cross.json"), "utf8")) as {
    symbols: string[];
    timeframe: string;
  };
  const symbol = ["--symbol", symbols[0] ?? "SAMPLE", "--timeframe", timeframe];
  const config = ["--config", example("sma-cross.json"), "--cash", "10000"];
  const costs = ["--fee-pct", "0.1", "--slippage-bps", "2"];
  const options = ["backtest", "--data", file, ...symbol, ...config, ...costs, "--json"];
  const text = execFileSync(process.env.BALLAST_SERVER ?? "ballast", options, { encoding: "utf8" });
  return Number((JSON.parse(text) as { finalEquity: number | string }).finalEquity);
}

test("a file of one's own is run, and comes to what the command line says", async ({ app }) => {
  const file = example("sample-1d.csv");
  await fill(app, file);
  await app.getByLabel("Cash").fill("10000");
  await app.getByLabel("Fee, %").fill("0.1");
  await app.getByLabel("Slippage, bp").fill("2");
  await app.getByRole("button", { name: "Run it" }).click();

  const figure = app.locator("dt", { hasText: "Final equity" }).locator("xpath=..");
  await expect(figure).toBeVisible({ timeout: 30_000 });
  const shown = Number(((await figure.textContent()) ?? "").replace(/[^\d.]/g, ""));
  expect(shown).toBeCloseTo(finalEquity(file), 2);
  const report = app.frameLocator('iframe[title^="Report"]');
  await expect(report.locator("svg:not(.defs)").first()).toBeVisible();
  await app.getByRole("tab", { name: "Trades" }).click();
  await expect(app.getByRole("row").nth(1)).toBeVisible();
});

test("a row that cannot be read is named by its place", async ({ app }, info) => {
  const lines = readFileSync(example("sample-1d.csv"), "utf8").split("\n");
  lines[4] = (lines[4] ?? "").replace(/,[^,]*,/, ",much,");
  const file = info.outputPath("broken.csv");
  writeFileSync(file, lines.join("\n"));
  await fill(app, file);
  await app.getByRole("button", { name: "Run it" }).click();
  await expect(app.getByText(/line 5/i).first()).toBeVisible({ timeout: 30_000 });
});

test("a profile is back-tested from its own page", async ({ app }) => {
  await app.goto(await firstProfile(app));
  await app.getByRole("button", { name: "More", exact: true }).click();
  await app.getByRole("menuitem", { name: "Back-test this profile" }).click();
  await expect(app.getByRole("heading", { level: 1, name: "Back-test" })).toBeVisible();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByRole("button", { name: "Run it" }).click();
  await expect(app.getByText("Final equity")).toBeVisible({ timeout: 30_000 });
});
