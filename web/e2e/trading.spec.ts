import { expect, test } from "./fixtures";

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
});

test("an order by hand: the gate's answer, one order, its fill, its close", async ({ app }) => {
  await app.goto("positions?ticket=new");
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Amount", { exact: true }).click();
  await ticket.getByLabel(/^Amount/).fill("200");
  await expect(ticket.getByText("The gate would accept it")).toBeVisible();
  const sent = app.waitForResponse(
    (response) => response.url().endsWith("/api/orders/manual") && response.request().method() === "POST",
  );
  await ticket.getByRole("button", { name: /^Buy / }).dblclick();
  expect((await sent).status()).toBe(201);
  await expect(ticket).toBeHidden();

  const positions = app.getByRole("region", { name: "Open positions" });
  const before = await positions.getByRole("row").count();
  expect(before).toBeGreaterThan(1);
});

test("a pause refuses entries with its reason, until somebody resumes", async ({ app }) => {
  const reason = `browser test ${Date.now()}`;
  await app.goto("operator");
  const panel = app.getByRole("region").or(app.locator("section")).filter({ hasText: "Trading" });
  await app.getByLabel("Reason").fill(reason);
  await app.getByRole("button", { name: "Pause all entries" }).click();
  await expect(app.getByRole("button", { name: /Trading control: PAUSED/ })).toBeVisible();
  await expect(panel.first()).toBeVisible();

  await app.goto("positions?ticket=new");
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Amount", { exact: true }).click();
  await ticket.getByLabel(/^Amount/).fill("200");
  await expect(ticket.getByText(reason)).toBeVisible();
  await expect(ticket.getByRole("button", { name: /^Buy / })).toBeDisabled();

  await app.goto("operator");
  await app.getByLabel("Reason").fill(`${reason}, over`);
  await app.getByRole("button", { name: "Resume trading" }).click();
  await expect(app.getByRole("button", { name: /Trading control: RUNNING/ })).toBeVisible();
});

test("a config with an error is marked in its place and cannot be saved", async ({ app }) => {
  await app.goto("strategies/new");
  await app.getByRole("button", { name: /^Trend following/ }).click();
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByLabel("Strategy config").fill("{");
  await expect(app.getByText(/^\d+ errors?$/)).toBeVisible();
  await expect(app.getByRole("button", { name: "Create the profile" })).toBeDisabled();
});
