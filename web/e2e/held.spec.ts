/** Where the protection of a position stands: in the list, and in words with the trade. */
import { expect, test } from "./fixtures";
import { makeIdleProfile, makePosition, makeProfile, post, tokenOf, until } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

test("what the venue holds is said in the list and with the trade", async ({ app, isPhone }) => {
  const token = await tokenOf(url());
  const profileId = await makeIdleProfile(url(), token, `Held ${Date.now()}`);
  const exits = { stopLoss: { percent: "20" }, takeProfit: { percent: "30" } };
  const tradeId = await makePosition(url(), token, profileId, exits);
  await app.goto(`profiles/${profileId}?tab=positions`);
  if (isPhone) {
    await expect(app.getByText("Stop and targets held by the venue")).toBeVisible();
  } else {
    const words = "Stop and targets held by the venue: on guard also while Ballast is away.";
    await expect(app.getByRole("img", { name: words })).toBeVisible();
  }
  await app.goto(`positions/${tradeId}`);
  await expect(app.getByRole("heading", { level: 2, name: "Protection" })).toBeVisible();
  const protection = app.getByLabel("Protection", { exact: true });
  const parts = protection.getByRole(isPhone ? "listitem" : "row");
  await expect(parts.filter({ hasText: "Stop loss" })).toContainText(/the venue/i);
  await expect(parts.filter({ hasText: "Target 1" })).toContainText("5 (100 %)");
  await expect(app.getByText("on guard also while Ballast is away")).toBeVisible();
  const button = app.getByRole("button", { name: "Stop and targets of ACME" });
  await expect(button).toHaveCount(isPhone ? 0 : 1);
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});

test("what Ballast does itself is told apart, with what that means", async ({ app, isPhone }) => {
  const token = await tokenOf(url());
  const rules = {
    entry: "close > 1",
    exits: { stopLoss: { type: "percent", value: "20" }, maxBars: 500 },
  };
  const profileId = await makeProfile(url(), token, `Kept ${Date.now()}`, rules);
  await until(url(), `/api/profiles/${profileId}`, token, (text) =>
    text.includes('"openPositions":1'),
  );
  await app.goto(`profiles/${profileId}?tab=positions`);
  if (isPhone) {
    const words = "Stop held by the venue, limit on bars kept by Ballast";
    await expect(app.getByText(words)).toBeVisible();
  } else {
    const words = /Limit on bars kept by Ballast: works only while it runs\.$/;
    await expect(app.getByRole("img", { name: words })).toBeVisible();
  }
  await app.getByRole("link", { name: "ACME", exact: true }).first().click();
  const protection = app.getByLabel("Protection", { exact: true });
  const parts = protection.getByRole(isPhone ? "listitem" : "row");
  await expect(parts.filter({ hasText: "Limit on bars" })).toContainText("Ballast, while it runs");
  await post(url(), `/api/profiles/${profileId}/stop`, {}, token);
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});
