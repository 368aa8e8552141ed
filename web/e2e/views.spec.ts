import AxeBuilder from "@axe-core/playwright";
import { test as plain, type Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { isIn, OVERLAYS } from "./overlays";
import { VIEWS, VIEWS_BEFORE_SESSION, type ViewUnderTest } from "./views";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const colorScheme of ["dark", "light"] as const) {
  for (const view of VIEWS) {
    test(`${view.name} is usable by everybody, ${colorScheme}`, async ({ app, isPhone }) => {
      test.skip(isPhone && view.desktopOnly === true, "is not on the phone");
      await isUsable(app, view, colorScheme);
    });
  }
  for (const overlay of OVERLAYS) {
    test(`${overlay.name}, opened, is usable by everybody, ${colorScheme}`, async ({
      app,
      isPhone,
    }) => {
      test.skip(!isIn(overlay, isPhone), "is not of this shell");
      await app.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await overlay.open(app);
      expect(await faults(app)).toEqual([]);
    });
  }
  for (const view of VIEWS_BEFORE_SESSION) {
    plain(`${view.name} is usable by everybody, ${colorScheme}`, ({ page }) =>
      isUsable(page, view, colorScheme),
    );
  }
}

async function isUsable(
  page: Page,
  { heading, address }: ViewUnderTest,
  colorScheme: "dark" | "light",
): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.goto(await address(page));
  // Behind an open drawer the page's own heading is hidden from assistive technology.
  const title = page.getByRole("heading", { level: 1, name: heading, includeHidden: true });
  await expect(title.first()).toBeVisible();
  await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);

  expect(await faults(page)).toEqual([]);

  const isWider = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(isWider, "the page scrolls sideways").toBe(false);
}

/** What breaks a rule, with the first place of each. */
async function faults(page: Page): Promise<string[]> {
  // The report of a back-test is a document of its own, in a frame that runs no foreign script.
  const checked = new AxeBuilder({ page }).withTags(RULES).exclude("iframe");
  const { violations } = await checked.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}
