/** Why a profile does not enter: its locks, and what else stops it, in one place. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { get, makeProfile, makeTrade, post, tokenOf, until } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
const COOLDOWN = { limits: { cooldownMinutes: 600 } };

/** A profile whose trade has just closed, so that it does not enter ACME for ten hours. */
async function lock(rule = "close > 1000000") {
  const token = await tokenOf(url());
  const name = `Locked ${Date.now()}`;
  const id = await makeProfile(url(), token, name, { entry: rule }, COOLDOWN);
  if (rule === "close > 1000000") await makeTrade(url(), token, id);
  return { token, name, id };
}

const reasons = (app: Page) => app.getByRole("region", { name: "What stops entries now" });

test("a lock is shown wherever its profile is, with how long it lasts", async ({ app }) => {
  const { name, id } = await lock();
  await app.goto("strategies");
  const row = app.locator("tr, li").filter({ hasText: name });
  await expect(row).toContainText("ACME locked");
  await expect(row).toContainText(/A trade has closed, and 600 minutes are to pass; free in 10 hr/);
  await expect(row.locator("time[title*=UTC]").first()).toBeVisible();
  await app.goto(`profiles/${id}`);
  await expect(reasons(app)).toContainText("Entries of ACME are locked: a trade has closed");
});

test("a lock is lifted after it is said what happens", async ({ app, isPhone }) => {
  const { token, name, id } = await lock();
  await app.goto(`profiles/${id}`);
  const lift = app.getByRole("button", { name: "Lift the lock of ACME" });
  if (isPhone) {
    await expect(reasons(app)).toContainText("A lock is lifted on the desktop.");
    await expect(lift).toHaveCount(0);
    return;
  }
  await lift.click();
  const question = app.getByRole("dialog", { name: `Let ${name} enter ACME now?` });
  await expect(question).toContainText("Every lock of ACME ends at once");
  await expect(question).toContainText(/which would be free in 10 hr/);
  await expect(question).toContainText("“Pause after a trade” stays as it is");
  await question.getByRole("button", { name: "Lift it" }).click();
  await expect(app.getByText("Entries of ACME are free again.")).toBeVisible();
  await expect(reasons(app)).toContainText("Nothing stops entries now");
  const { locks } = await get(url(), `/api/profiles/${id}`, token);
  expect(locks).toEqual([]);
  await app.getByRole("combobox", { name: "What it is about" }).click();
  await app.getByRole("option", { name: "Locks and limits" }).click();
  await expect(app.getByText(/^Locks of entries of ACME were lifted by/)).toBeVisible();
  await expect(app.getByText(/^Ordered to/)).toHaveCount(0);
});

test("a signal that the gate refused is told with the reason, in the reader's time", async ({
  app,
}) => {
  const { token, id } = await lock("close > 1");
  await until(url(), `/api/profiles/${id}`, token, (text) => text.includes('"openPositions":1'));
  await post(url(), `/api/profiles/${id}/flatten`, {}, token);
  await until(url(), `/api/profiles/${id}`, token, (text) => text.includes("cooldownMinutes"));
  await post(url(), `/api/profiles/${id}/start`, {}, token);
  await until(url(), `/api/profiles/${id}`, token, (text) => text.includes('"refusal"'));
  await app.goto(`profiles/${id}`);
  await expect(app.getByText("Refused", { exact: true }).first()).toBeVisible();
  await expect(app.getByText(/The gate refused it: entries of ACME are locked/)).toBeVisible();
  await expect(app.locator("main")).not.toContainText(/\d{4}-\d{2}-\d{2}T/);
  await expect(app.locator("main")).not.toContainText("entriesLocked", {
    useInnerText: true,
  });

  await post(url(), `/api/profiles/${id}/stop`, {}, token);
  await expect(reasons(app)).toContainText(/It is stopped.*until somebody starts it/);
});
