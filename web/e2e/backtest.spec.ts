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
  await app.getByLabel("Fee, %", { exact: true }).fill("0.1");
  await app.getByLabel("Limit fee, %").fill("0.1");
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
  // A price has the digits of its market, whatever slippage has made of it.
  const cells = await app.getByRole("row").nth(1).getByRole("cell").allTextContents();
  expect(cells.filter((cell) => /\.\d{9,}/.test(cell))).toEqual([]);
});

test("each field says what is wrong with it, and what the server says is said there", async ({
  app,
}) => {
  await app.goto(`backtest?run=${process.env.BALLAST_E2E_RUN ?? ""}`);
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  const cash = app.getByLabel(/^Cash/);
  const from = app.getByLabel("From", { exact: true });
  const to = app.getByLabel("To", { exact: true });
  await cash.fill("-1");
  await from.fill("2026-02-01");
  await to.fill("2026-01-01");
  await expect(cash).toHaveAttribute("aria-invalid", "true");
  await expect(cash).toHaveAccessibleDescription("It cannot be below zero.");
  await expect(to).toHaveAccessibleDescription("It is before the day in From.");
  const run = app.getByRole("button", { name: "Run it" });
  await expect(run).toBeDisabled();

  await cash.fill("500");
  await from.fill("1990-01-01");
  await to.fill("");
  await expect(app.getByText("From that day to the newest bar.")).toBeVisible();
  await run.click();
  await expect(from).toHaveAccessibleDescription(/^More than [\d,]+ bars lie between/);
  await expect(app.getByRole("alert")).toHaveCount(0);
  await from.fill("");
  await expect(from).not.toHaveAttribute("aria-invalid", "true");
});

test("a profile's capital is the cash of its run, until a person writes another", async ({
  app,
}) => {
  await app.goto(`backtest?profile=${process.env.BALLAST_E2E_PROFILE ?? ""}`);
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByLabel("Cash, USD").fill("77");
  const source = app.getByRole("combobox", { name: "Config from" });
  await source.click();
  await app.getByRole("option", { name: "Trend", exact: true }).click();
  await expect(app.getByLabel("Cash, USD")).toHaveValue("10000");
  await app.getByLabel("Cash, USD").fill("77");
  await app.getByLabel("Slippage, bp").fill("3");
  await expect(app.getByLabel("Cash, USD")).toHaveValue("77");
});

test("a run says of which time it is", async ({ app }) => {
  await app.goto(`backtest/${process.env.BALLAST_E2E_RUN ?? ""}`);
  await expect(app.getByText("Final equity")).toBeVisible();
  const times = await app
    .locator("main time")
    .evaluateAll((found) =>
      found.slice(0, 2).map((time) => Date.parse(time.getAttribute("datetime") ?? "")),
    );
  const [first = 0, last = 0] = times;
  expect((last - first) / 3_600_000).toBeCloseTo(24, 0);
});

test("a report is shown with its own script, and nothing of it is refused", async ({ app }) => {
  // What the page's policy refuses is told of in the console alone.
  const faults: string[] = [];
  app.on("console", (message) => {
    // The copy that is measured runs nothing, also not what records a trace of this test.
    const isRecorder = message.text().startsWith("Blocked script execution in 'about:srcdoc'");
    if (message.type() === "error" && !isRecorder) faults.push(message.text());
  });
  await app.goto(`backtest/${process.env.BALLAST_E2E_RUN ?? ""}`);
  const report = app.frameLocator('iframe[title^="Report"]');
  await expect(report.locator("svg:not(.defs)").first()).toBeVisible();
  expect(faults).toEqual([]);
});

test("a row that cannot be read is named by its place", async ({ app }, info) => {
  const lines = readFileSync(example("sample-1d.csv"), "utf8").split("\n");
  lines[4] = (lines[4] ?? "").replace(/,[^,]*,/, ",much,");
  const file = info.outputPath("broken.csv");
  writeFileSync(file, lines.join("\n"));
  await fill(app, file);
  await app.getByRole("button", { name: "Run it" }).click();
  await expect(app.getByText(/line 5/i).first()).toBeVisible({ timeout: 30_000 });

  await app.getByRole("button", { name: "Change and run again" }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await expect(app.getByLabel("Strategy config")).toContainText('"symbols"');
  await expect(app.getByText("Files are not kept: choose them once more.")).toBeVisible();
  await app.goBack();
  await app.goBack();
  await expect(app.getByLabel("Strategy config")).toContainText('"symbols"');
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

/** Runs something that is under way for a while. */
async function runForLong(app: Page): Promise<void> {
  await app.goto(await firstProfile(app));
  await app.getByRole("button", { name: "More", exact: true }).click();
  await app.getByRole("menuitem", { name: "Back-test this profile" }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByRole("button", { name: "Run it" }).click();
}

/** Lets the page believe that a run is under way still, until that is undone. */
async function holdAsRunning(app: Page, path: RegExp): Promise<void> {
  await app.route(path, async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const answer = await route.fetch();
    const run = (await answer.json()) as Record<string, unknown>;
    await route.fulfill({
      json: { ...run, state: "running", progressPct: 50, summary: undefined },
    });
  });
}

test("a cancel that comes too late, twice at that, keeps the result", async ({ app }) => {
  const path = new RegExp(`/api/backtest/${process.env.BALLAST_E2E_RUN ?? ""}$`);
  await holdAsRunning(app, path);
  await app.goto(`backtest/${process.env.BALLAST_E2E_RUN ?? ""}`);
  const keys: (string | undefined)[] = [];
  app.on("request", (request) => {
    if (request.method() === "DELETE") keys.push(request.headers()["idempotency-key"]);
  });
  const cancel = app.getByRole("button", { name: "Cancel it" });
  await expect(cancel).toBeVisible();
  await app.unroute(path);
  await cancel.dblclick();
  await expect(app.getByText("Its result is kept")).toBeVisible();
  await expect(app.getByText("Final equity")).toBeVisible();
  expect(keys.length).toBeGreaterThan(0);
  expect(keys).not.toContain(undefined);
});

test("a run is cancelled while it waits or runs, and removed when it is asked for", async ({
  app,
}) => {
  // The queue answers before the run has come far; what it says then is held on the page.
  await holdAsRunning(app, /\/api\/backtest\/bkt_[^/]+$/);
  await runForLong(app);
  await expect(app.getByRole("button", { name: "Cancel it" })).toBeVisible();
  await app.getByRole("button", { name: "Cancel it" }).click();
  await expect(app.getByText(/It is cancelled|Its result is kept/)).toBeVisible();
  await app.unrouteAll({ behavior: "wait" });
  await app.reload();
  await app.getByRole("button", { name: "Remove", exact: true }).click();
  await app.getByRole("button", { name: "Remove it" }).click();
  await expect(app.getByText("It is removed.")).toBeVisible();
  await expect(app.getByRole("heading", { level: 1, name: "Back-test" })).toBeVisible();
});
