/** A browser in which somebody has signed in, once for all tests of a project. */
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";

import { EMAIL, PASSWORD } from "./server";

interface Fixtures {
  /** A page of the signed-in browser, at Home. */
  app: Page;
  isPhone: boolean;
}

// The refresh cookie is rotated with each use, so that a saved copy of it would end the session:
// the browser itself is shared, not its state.
export const test = base.extend<Fixtures, { signedIn: BrowserContext }>({
  signedIn: [
    async ({ browser }, provide, { project }) => {
      const context = await browser.newContext(project.use);
      const page = await context.newPage();
      await signIn(page);
      await page.close();
      await provide(context);
      await context.close();
    },
    { scope: "worker" },
  ],
  app: async ({ signedIn }, provide) => {
    const page = await signedIn.newPage();
    await page.goto("");
    await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
    await provide(page);
    await page.close();
  },
  isPhone: async ({}, provide, { project }) => {
    await provide(project.name === "phone");
  },
});

export async function signIn(page: Page): Promise<void> {
  await page.goto("sign-in");
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
}

/** The address of a profile that exists. */
export async function firstProfile(app: Page): Promise<string> {
  await app.goto("strategies");
  const link = app.locator('a[href*="/profiles/"]').first();
  const address = await link.getAttribute("href");
  if (address === null) throw new Error("the demo tenant has no profile");
  return address;
}

export { EMAIL, expect, PASSWORD };
