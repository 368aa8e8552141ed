/** Two orders of which the first to fill cancels the other: the ticket, and the list of orders. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { get, makeIdleProfile, makeProfile, makeResting, post, tokenOf } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
const both = { direction: "both", entry: "close > 1000000", entryShort: "close > 1000000" };

async function lastOf(token: string): Promise<number> {
  return Number((await get(url(), "/api/symbol/ACME", token)).price);
}

async function openPair(app: Page, profileId: string) {
  await app.goto(`positions?ticket=new&profile=${profileId}&symbol=ACME`);
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByRole("textbox", { name: "Units" }).fill("3");
  await ticket.getByLabel(/^Two orders/).check();
  const other = ticket.getByRole("group", { name: "The other order" });
  await expect(other.getByRole("textbox", { name: "Units" })).toHaveValue("3");
  return { ticket, other, first: ticket.getByRole("textbox", { name: "Limit price" }) };
}

test("a pair is previewed, placed, and told of at both orders", async ({ app, isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
  const token = await tokenOf(url());
  const profileId = await makeProfile(url(), token, `Pair ${Date.now()}`, both);
  const { ticket, other, first } = await openPair(app, profileId);
  await expect(ticket.getByLabel("Only reduce what is held")).toHaveCount(0);
  const last = await lastOf(token);
  await first.fill((last * 0.8).toFixed(2));
  await expect(ticket.getByText(/^The other order: Write the price/)).toBeVisible();
  await other.getByText("Sell", { exact: true }).click();
  await other.getByRole("textbox", { name: "Stop price" }).fill((last * 0.7).toFixed(2));
  await expect(ticket.getByText("The gate would accept both")).toBeVisible();
  await expect(ticket.getByText("Buy, limit", { exact: true })).toBeVisible();
  await expect(ticket.getByText("Sell, stop", { exact: true })).toBeVisible();
  await ticket.getByRole("button", { name: "Place both: buy 3 or sell 3 ACME" }).click();
  await expect(ticket).toBeHidden();

  await app.goto(`profiles/${profileId}?tab=orders`);
  const buy = app.getByRole("row").filter({ hasText: "Buy, limit" });
  const sell = app.getByRole("row").filter({ hasText: "Sell, stop" });
  await expect(buy).toContainText(/The first to fill cancels the other: sell 3, stop [\d.,]+/);
  await expect(sell).toContainText(/The first to fill cancels the other: buy 3, limit [\d.,]+/);
  await expect(buy.getByRole("img", { name: /^Pair held by the venue: on guard/ })).toBeVisible();
  await sell.getByRole("button", { name: "Cancel the order in ACME" }).click();
  await expect(buy).toContainText(/Works alone now: sell 3, stop [\d.,]+ of its pair is cancelled/);
  await buy.getByRole("link", { name: /^sell 3, stop/ }).click();
  await expect(app.getByRole("heading", { level: 1, name: "Trade" })).toBeVisible();
  await expect(app.getByText("Cancel asked for")).toBeVisible();
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});

test("a refusal says which of the two it is of", async ({ app, isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
  const token = await tokenOf(url());
  const profileId = await makeIdleProfile(url(), token, `Refused ${Date.now()}`);
  const { ticket, other, first } = await openPair(app, profileId);
  const last = await lastOf(token);
  await first.fill((last * 0.8).toFixed(2));
  const stop = other.getByRole("textbox", { name: "Stop price" });
  await stop.fill("abc");
  await expect(stop).toHaveAccessibleDescription(/is not a number/);
  await stop.fill((last * 1.2).toFixed(2));
  await other.getByRole("textbox", { name: "Units" }).fill("1000000");
  const words = "The gate would refuse the other order, so that neither is placed";
  await expect(ticket.getByText(words)).toBeVisible();
  const send = ticket.getByRole("button", { name: /^Place both/ });
  await expect(send).toBeDisabled();
  await other.getByRole("textbox", { name: "Units" }).fill("3");
  await expect(ticket.getByText("The gate would accept both")).toBeVisible();
  await ticket.getByLabel(/^Two orders/).uncheck();
  await expect(ticket.getByText("The gate would accept it")).toBeVisible();
  await expect(other).toHaveCount(0);
});

test("an order that another has named later says so, also on the phone", async ({
  app,
  isPhone,
}) => {
  const token = await tokenOf(url());
  const profileId = await makeIdleProfile(url(), token, `Named ${Date.now()}`);
  const { id, limitPrice } = await makeResting(url(), token, profileId);
  await app.goto(`profiles/${profileId}?tab=orders`);
  const list = app.getByRole(isPhone ? "listitem" : "row").filter({ hasText: "Cancel" });
  await expect(list).toHaveCount(1);
  await expect(list).not.toContainText("cancels the other");
  const order = { profileId, symbol: "ACME", side: "buy", type: "limit", quantity: "2" };
  const lower = (Number(limitPrice) - 1).toFixed(2);
  const named = { ...order, limitPrice: lower, oco: { order: id } };
  await post(url(), "/api/orders/manual", named, token);
  await expect(list).toHaveCount(2);
  await expect(list.filter({ hasText: "cancels the other: buy 2, limit" })).toHaveCount(1);
  await expect(list.filter({ hasText: "cancels the other: buy 3, limit" })).toHaveCount(1);
  if (isPhone) await expect(list.getByText("Pair held by the venue")).toHaveCount(2);
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});
