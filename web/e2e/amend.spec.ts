/** Changing a working order: what is asked for, what is refused, and what has changed meanwhile. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { get, makeIdleProfile, makeResting, patch, post, tokenOf } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

/** Opens the orders of a new profile that rests one; gives its price. */
async function rest(app: Page) {
  const token = await tokenOf(url());
  const profileId = await makeIdleProfile(url(), token, `Resting ${Date.now()}`);
  const { id, limitPrice } = await makeResting(url(), token, profileId);
  await app.goto(`profiles/${profileId}?tab=orders`);
  await expect(app.getByRole("button", { name: "Cancel the order in ACME" })).toBeVisible();
  const order = () => get(url(), `/api/orders/${id}`, token);
  const end = () => post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
  return { token, id, limitPrice, order, end };
}

async function open(app: Page) {
  await app.getByRole("button", { name: "Change the order in ACME" }).click();
  const form = app.getByRole("dialog", { name: "Change the order in ACME" });
  const price = form.getByRole("textbox", { name: "Limit price" });
  const send = form.getByRole("button", { name: "Change the order" });
  await expect(send).toBeDisabled();
  return { form, price, send };
}

test("the phone cancels an order, and changes none", async ({ app, isPhone }) => {
  test.skip(!isPhone, "the desktop changes them");
  const { end } = await rest(app);
  await expect(app.getByRole("button", { name: "Change the order in ACME" })).toHaveCount(0);
  await end();
});

test("an order is changed, and a refusal says why and what to do", async ({ app, isPhone }) => {
  test.skip(isPhone, "orders are changed on a larger screen");
  const { limitPrice, order, end } = await rest(app);
  const { form, price, send } = await open(app);
  await price.fill("abc");
  await expect(price).toHaveAccessibleDescription(/is not a number/);
  await expect(send).toBeDisabled();
  await price.fill("0.01");
  await expect(form).toContainText(/Limit price from [\d.,]+ to 0\.01/);
  await send.click();
  const refusal = form.getByRole("alert");
  await expect(refusal).toContainText("The order stays as it is.");
  await expect(refusal).toContainText(
    /0\.01 is more than 5 times away from the last price, [\d.,]+\. Correct it, or ask an operator/,
  );
  await expect(refusal).not.toContainText("maxPriceRatio");
  await price.fill(limitPrice);
  await form.getByRole("textbox", { name: "Quantity in all" }).fill("2");
  await send.click();
  await expect(form).toBeHidden();
  await expect(app.getByRole("row").filter({ hasText: "0 / 2" })).toBeVisible();
  expect(Number((await order()).quantity)).toBe(2);
  await end();
});

test("an order that somebody else has changed is not changed again unseen", async ({
  app,
  isPhone,
}) => {
  test.skip(isPhone, "orders are changed on a larger screen");
  const { token, id, order, end } = await rest(app);
  const { form, price, send } = await open(app);
  const mine = (Number((await order()).limitPrice) - 2).toFixed(2);
  await price.fill(mine);
  await patch(url(), `/api/orders/${id}`, { quantity: "1" }, token);
  await expect.poll(async () => Number((await order()).quantity)).toBe(1);
  await send.click();
  await expect(form.getByText("It has changed meanwhile")).toBeVisible();
  await expect(form).toContainText("Quantity in all was 3 and is 1 now.");
  await expect(price).toHaveValue(mine);
  await expect(form.getByRole("textbox", { name: "Quantity in all" })).toHaveValue("1");
  expect((await order()).limitPrice).not.toBe(mine);
  await send.click();
  await expect(form).toBeHidden();
  await expect.poll(async () => Number((await order()).limitPrice)).toBe(Number(mine));
  expect(Number((await order()).quantity)).toBe(1);
  await end();
});

test("an order that is cancelled meanwhile says so, and is not changed", async ({
  app,
  isPhone,
}) => {
  test.skip(isPhone, "orders are changed on a larger screen");
  const { end } = await rest(app);
  const { form, send, price } = await open(app);
  await price.fill("100");
  await end();
  await expect(form.getByRole("alert")).toContainText("there is nothing to change any more");
  await expect(send).toBeDisabled();
});
