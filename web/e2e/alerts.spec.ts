/** Alerts that are seen, one by one and all together. */
import { expect, test } from "./fixtures";
import { post, tokenOf } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

test("all that waits to be seen is acknowledged at once, and stays in the list", async ({
  app,
}) => {
  const token = await tokenOf(url());
  const reason = `browser test of alerts ${Date.now()}`;
  await post(url(), "/internal/trading/pause", { reason }, token);
  await post(url(), "/internal/trading/resume", { reason: `${reason} is over` }, token);

  await app.goto("alerts");
  const paused = app
    .locator("main")
    .getByText(new RegExp(`${reason}\\W`))
    .first();
  await expect(paused).toBeVisible();
  await app.getByRole("button", { name: "Acknowledge all" }).click();
  await expect(app.locator("main").getByText(new RegExp(reason))).toHaveCount(0);
  await expect(app.getByRole("alert")).toHaveCount(0);
  await app.getByText("All", { exact: true }).click();
  await expect(paused).toBeVisible();
  await expect(app.locator("main").getByText("seen", { exact: true }).first()).toBeVisible();
});
