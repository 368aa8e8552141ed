/** Writes a picture of each view to `screens`, for people to look at. */
import { test as plain, type Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { VIEWS, VIEWS_BEFORE_SESSION, type ViewUnderTest } from "./views";

for (const colorScheme of ["dark", "light"] as const) {
  test(`pictures, ${colorScheme} @screens`, async ({ app, isPhone }, { project }) => {
    test.setTimeout(300_000);
    await app.emulateMedia({ colorScheme });
    await app.goto("history");
    // The phone comes second, and shows cards where this counts rows.
    if (!isPhone) {
      const rows = app.getByRole("row");
      await expect.poll(() => rows.count(), { timeout: 200_000 }).toBeGreaterThan(12);
    }
    for (const view of VIEWS) {
      if (isPhone && view.desktopOnly === true) continue;
      await picture(app, view, `${project.name}-${colorScheme}`);
    }
  });

  plain(`pictures before signing in, ${colorScheme} @screens`, async ({ page }, { project }) => {
    await page.emulateMedia({ colorScheme });
    for (const view of VIEWS_BEFORE_SESSION) {
      await picture(page, view, `${project.name}-${colorScheme}`);
    }
  });
}

async function picture(
  page: Page,
  { name, address }: ViewUnderTest,
  suffix: string,
): Promise<void> {
  await page.goto(await address(page));
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await page.locator("canvas, table, form, section, h1").first().waitFor();
  await page.screenshot({ path: `screens/${name}-${suffix}.png` });
}
