/** Lists that are drawn in part only. */
import { expect, test } from "./fixtures";
import { makeRun, tokenOf } from "./server";

test("the trades of a long back-test are there, as rows and as cards", async ({ app, isPhone }) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const id = await makeRun(url, await tokenOf(url), 12);
  await app.goto(`backtest/${id}`);
  await app.getByRole("tab", { name: "Trades" }).click();
  const list = isPhone
    ? app.getByRole("list", { name: "Trades of the back-test" }).getByRole("listitem")
    : app.getByRole("row");
  await expect(list.nth(1)).toBeVisible();
  // They are many, and a few of them are drawn.
  expect(await list.count()).toBeLessThan(100);
});
