/** What a ticket says before anything is sent. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { makeProfile, post, tokenOf } from "./server";

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
});

async function openTicket(app: Page, profileId: string) {
  await app.goto(`positions?ticket=new&profile=${profileId}&symbol=ACME`);
  return app.getByRole("dialog", { name: "New order" });
}

const idle = () => process.env.BALLAST_E2E_PROFILE ?? "";

test("what is wrong is said at its field, and the gate is not asked", async ({ app }) => {
  const asked: string[] = [];
  app.on("request", (request) => {
    if (request.url().endsWith("/api/orders/preview")) asked.push(request.postData() ?? "");
  });
  const ticket = await openTicket(app, idle());
  const units = ticket.getByRole("textbox", { name: "Units" });
  await expect(ticket.getByText("Write a size.")).toBeVisible();
  await expect(units).not.toHaveAttribute("aria-invalid", "true");

  for (const typed of ["abc", "1e3", "NaN"]) {
    await units.fill(typed);
    await expect(units).toHaveAccessibleDescription(
      `${typed} is not a number; write digits such as 0.25.`,
    );
    await expect(units).toHaveAttribute("aria-invalid", "true");
  }
  for (const typed of ["-1", "0"]) {
    await units.fill(typed);
    await expect(units).toHaveAccessibleDescription("Must be above zero.");
  }
  await units.fill("1");
  const stop = ticket.getByRole("textbox", { name: "Stop-loss" });
  await stop.fill("-5");
  await expect(stop).toHaveAccessibleDescription("Must be above zero.");
  await expect(ticket.getByRole("alert")).toHaveCount(0);
  expect(asked.filter((body) => !body.includes('"quantity":"1"'))).toEqual([]);
  expect(asked.filter((body) => body.includes("stopLoss"))).toEqual([]);

  await stop.fill("2 %");
  await expect(ticket.getByText("The gate would accept it")).toBeVisible();
});

test("a sale that opens a short says so before it is sent", async ({ app }) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const rules = { direction: "both", entry: "close > 1000000", entryShort: "close > 1000000" };
  const token = await tokenOf(url);
  const profileId = await makeProfile(url, token, `Short ${Date.now()}`, rules);
  const ticket = await openTicket(app, profileId);
  await ticket.getByRole("textbox", { name: "Units" }).fill("4");
  await expect(ticket.getByRole("button", { name: "Buy 4 ACME", exact: true })).toBeEnabled();
  await ticket.getByText("Sell", { exact: true }).click();
  const sell = ticket.getByRole("button", { name: "Sell 4 ACME to open a short", exact: true });
  await sell.click();
  await expect(ticket).toBeHidden();
  // What it has reserved ends it somewhere, and that is no stop.
  await app.goto(`profiles/${profileId}?tab=positions`);
  const row = app.getByRole("row").filter({ hasText: "Short" }).last();
  await expect(row).toContainText(/None ?liquidated at [\d.,]+/);
  await row.getByRole("button", { name: "Stop and targets of ACME" }).click();
  const form = app.getByRole("dialog", { name: "Stop and targets of ACME" });
  await expect(form).toContainText("stop none, liquidated at");
  await expect(form.getByLabel("Stop at")).toHaveValue("");
  await post(url, `/api/profiles/${profileId}/flatten`, {}, token);
});

test("the gate's answer has the loss at the stop, with fees in and out", async ({ app }) => {
  const ticket = await openTicket(app, idle());
  await ticket.getByRole("textbox", { name: "Units" }).fill("4");
  await ticket.getByRole("textbox", { name: "Stop-loss" }).fill("10 %");
  const figure = async (name: string) => {
    const text = await ticket.locator(`dt:has-text("${name}") + dd`).textContent();
    return Number((text ?? "").replace("−", "-").replaceAll(",", ""));
  };
  await expect(ticket.getByText("At the stop, about")).toBeVisible();
  const [worth, fees] = [await figure("Worth"), await figure("Fees, about")];
  // The price may move between the readings, by far less than a hundredth of the loss.
  const loss = await figure("At the stop, about");
  expect(Math.abs(loss + worth * 0.1 + fees * 1.9)).toBeLessThan(worth / 1_000);
  expect(loss).toBeLessThan(-worth * 0.1);
});

test("an entry that the profile's own rule would leave is said to be one", async ({ app }) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const rules = { entry: "close > 1000000", exit: "close > 1" };
  const profileId = await makeProfile(url, await tokenOf(url), `Leaves ${Date.now()}`, rules);
  const ticket = await openTicket(app, profileId);
  await ticket.getByRole("textbox", { name: "Units" }).fill("1");
  const words = "The profile's exit rule holds now: it would leave this position when its next bar";
  await expect(ticket.getByRole("note")).toContainText(words, { timeout: 20_000 });
  await expect(ticket.getByRole("button", { name: /^Buy 1 ACME/ })).toBeEnabled();
});
