import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { makeIdleProfile, makeProfile, post, tokenOf } from "./server";

/** A profile whose rules never hold, so that only people trade for it. */
const ticketAddress = () =>
  `positions?ticket=new&profile=${process.env.BALLAST_E2E_PROFILE ?? ""}&symbol=ACME`;

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
});

test("an order by hand is sent once, however often it is clicked", async ({ app }) => {
  const sent: string[] = [];
  app.on("request", (request) => {
    if (request.url().endsWith("/api/orders/manual")) sent.push(request.method());
  });
  await app.goto(ticketAddress());
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Amount", { exact: true }).click();
  await ticket.getByRole("textbox", { name: /^Amount/ }).fill("200");
  await expect(ticket.getByText("The gate would accept it")).toBeVisible();
  await ticket.getByRole("button", { name: /^Buy / }).dblclick();
  await expect(app.getByText("The order is accepted.")).toBeVisible();
  await expect(ticket).toBeHidden();
  expect(sent).toEqual(["POST"]);
});

// Whatever a test has come to, the next one finds trading as it was.
test.afterEach(({ app, isPhone }) => (isPhone ? undefined : resume(app)));

async function resume(app: Page): Promise<void> {
  await app.goto("operator");
  const state = app.getByRole("button", { name: /^Trading control: / });
  await expect(state).toBeVisible();
  if ((await state.getAttribute("data-mode")) === "RUNNING") return;
  await app.getByLabel("Reason").fill("The browser test is over");
  await app.getByRole("button", { name: "Resume trading" }).click();
  await expect(state).toHaveAttribute("data-mode", "RUNNING");
}

test("a pause refuses entries with its reason until somebody resumes", async ({ app }) => {
  const reason = `browser test ${Date.now()}`;
  await app.goto("operator");
  await app.getByLabel("Reason").fill(reason);
  await app.getByRole("button", { name: "Pause all entries" }).click();
  await expect(app.getByRole("button", { name: /Trading control: PAUSED/ })).toBeVisible();

  await app.goto(ticketAddress());
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Amount", { exact: true }).click();
  await ticket.getByRole("textbox", { name: /^Amount/ }).fill("200");
  await expect(ticket.getByText(new RegExp(reason))).toBeVisible();
  await expect(ticket.getByRole("button", { name: /^Buy / })).toBeDisabled();
});

test("an order that a pause overtakes is refused with its reason, and nothing is placed", async ({
  app,
}) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const token = await tokenOf(url);
  const reason = `overtaken ${Date.now()}`;
  const profileId = await makeIdleProfile(url, token, `Overtaken ${Date.now()}`);
  await app.goto(`positions?ticket=new&profile=${profileId}&symbol=ACME`);
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Amount", { exact: true }).click();
  await ticket.getByRole("textbox", { name: /^Amount/ }).fill("200");
  await expect(ticket.getByText("The gate would accept it")).toBeVisible();

  // Trading is paused between the gate's answer and the order.
  await app.route("**/api/orders/manual", async (route) => {
    await post(url, "/internal/trading/pause", { reason }, token);
    await route.continue();
  });
  const answered = app.waitForResponse("**/api/orders/manual");
  await ticket.getByRole("button", { name: /^Buy / }).click();
  expect((await answered).status()).toBe(422);
  await expect(ticket.getByRole("alert").filter({ hasText: reason }).first()).toBeVisible();
  await expect(app.getByText("The order is accepted.")).toHaveCount(0);
  const headers = { authorization: `Bearer ${token}` };
  const orders = await fetch(`${url}/api/orders?profile=${profileId}`, { headers });
  expect(((await orders.json()) as { items: object[] }).items).toEqual([]);
});

test("what a profile would enter is not said to be entered while trading is paused", async ({
  app,
}) => {
  await app.goto("operator");
  await app.getByLabel("Reason").fill("Browser test of a pause");
  await app.getByRole("button", { name: "Pause all entries" }).click();
  await expect(app.getByRole("button", { name: /Trading control: PAUSED/ })).toBeVisible();
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const token = await tokenOf(url);
  const name = `Would ${Date.now()}`;
  const profileId = await makeProfile(url, token, name, { entry: "close > 1" });

  await app.goto(`profiles/${profileId}`);
  await expect(app.getByText("Would enter long", { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(app.getByText("Entry, true").first()).toBeVisible();
  await app.goto("strategies");
  await expect(app.getByRole("row", { name }).getByText(/^Would enter long, but/)).toBeVisible();
  await post(url, `/api/profiles/${profileId}/stop`, {}, token);
});

test("a config with an error is marked in its place and cannot be saved", async ({ app }) => {
  await app.goto("strategies/new");
  await app.getByRole("button", { name: /^Trend following/ }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByLabel("Strategy config").fill("{");
  await expect(app.getByText(/^\d+ errors?$/)).toBeVisible();
  await expect(app.getByRole("button", { name: "Create the profile" })).toBeDisabled();
});

test("a symbol that the market does not list is an error where it stands", async ({ app }) => {
  await app.goto("strategies/new");
  await app.getByRole("button", { name: /^Trend following/ }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  const editor = app.getByLabel("Strategy config");
  await expect(editor).toContainText('"1h"');
  await editor.fill((await editor.innerText()).replace('"ACME"', '"NOPE"'));
  await expect(app.getByText("1 error", { exact: true })).toBeVisible();
  const told = app.getByText(/^Line 6:5 symbols: This market does not list NOPE\. It lists ACME, /);
  await expect(told).toHaveCount(1);
  await expect(app.getByText(/does not list NOPE\.$/)).toHaveCount(0);
  await expect(app.getByRole("button", { name: "Create the profile" })).toBeDisabled();
});

test("what is refused of a profile is said at its field, once, until it is changed", async ({
  app,
}) => {
  await app.goto("strategies/new");
  await app.getByRole("button", { name: /^Trend following/ }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  const name = app.getByLabel("Name");
  await name.fill("By hand");
  await app.getByRole("button", { name: "Create the profile" }).click();
  await expect(app.getByText(/belongs to another of your profiles/)).toHaveCount(1);
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await expect(app.getByRole("alert")).toHaveCount(0);
  await name.fill("By hand, too");
  await expect(app.getByText(/belongs to another of your profiles/)).toHaveCount(0);
});

test("what a person writes of a strategy is neither taken away nor replaced unasked", async ({
  app,
}) => {
  await app.goto("strategies/new");
  await app.getByRole("button", { name: /^Trend following/ }).click();
  const editor = app.getByLabel("Strategy config");
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await editor.press("ControlOrMeta+a");
  await editor.press("Delete");
  await expect(app.getByText("Empty", { exact: true })).toBeVisible();
  await expect(editor).toBeFocused();
  await editor.press("ControlOrMeta+z");
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();

  await editor.press("ControlOrMeta+End");
  await editor.press("Enter");
  await app.getByRole("button", { name: /^Break-out/ }).click();
  const question = app.getByRole("dialog", { name: "Replace the rules that you wrote?" });
  await question.getByRole("button", { name: "Keep mine" }).click();
  await expect(editor).toContainText("crossover");
  await app.getByRole("button", { name: /^Break-out/ }).click();
  await question.getByRole("button", { name: "Replace them" }).click();
  await expect(editor).not.toContainText("crossover");
});
