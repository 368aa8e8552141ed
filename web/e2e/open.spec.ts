/** A server where nobody signs in: everybody is one user. */
import { expect, test } from "@playwright/test";
import { Server } from "./server";

test("with sign-in switched off it is there at once, and says so", async ({ page }) => {
  const server = await Server.start({ settings: "[identity]\nenabled = false\n" });
  await page.goto(server.url);
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect(page.getByText("Sign-in is switched off.")).toBeVisible();
  await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
  await expect(page.getByText("Trend", { exact: true }).first()).toBeVisible();
  await page.goto(`${server.url}/settings`);
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Change the password" })).toHaveCount(0);
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await expect(page.getByRole("menuitem", { name: "Settings" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toHaveCount(0);
  await server.stop();
});
