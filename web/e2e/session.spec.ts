import { test as plain } from "@playwright/test";
import { EMAIL, expect, PASSWORD, signIn, test } from "./fixtures";

plain("a deep link asks for sign-in first, then opens", async ({ page }) => {
  await page.goto("history?symbol=NOPE");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "History" })).toBeVisible();
  expect(page.url()).toContain("symbol=NOPE");
});

plain("a reload keeps the session, and no token is in storage", async ({ page }) => {
  await signIn(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(stored).not.toMatch(/accessToken|eyJ/);
});

plain("signing out leads to sign-in, and no view shows the account", async ({ page }) => {
  await signIn(page);
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("positions");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("the page is live, and says that the money is paper", async ({ app }) => {
  await expect(app.getByText("Live", { exact: true })).toBeVisible();
  await expect(app.getByText(/Simulated market, paper money/)).toBeVisible();
});

test("without the server the last state is shown with its age, and nothing can be sent", async ({
  app,
}) => {
  await app.goto(`profiles/${process.env.BALLAST_E2E_HOLDER ?? ""}?tab=positions`);
  const asked = ["Stop", "Flatten", "Close ACME"].map((name) =>
    app.getByRole("button", { name, exact: true }),
  );
  const equity = app.locator("dt", { hasText: "Equity" }).locator("+ dd");
  await expect(app.getByText("Live", { exact: true })).toBeVisible();
  for (const button of asked) await expect(button).toBeEnabled();
  await app.context().setOffline(true);
  const banner = app.getByRole("status").filter({ hasText: "Offline." });
  await expect(banner).toContainText(/What you see was last known \d+ sec\. ago\./, {
    timeout: 30_000,
  });
  await expect(banner).toContainText("Whether trading goes on is not known here");
  await expect(equity).toHaveText(/^[\d,]+\.\d\d$/);
  for (const button of asked) await expect(button).toBeDisabled();
  await app.context().setOffline(false);
  await expect(app.getByText("Live", { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(banner).toHaveCount(0);
  for (const button of asked) await expect(button).toBeEnabled();
});
