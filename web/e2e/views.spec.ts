import AxeBuilder from "@axe-core/playwright";
import { test as plain, type Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { isIn, OVERLAYS } from "./overlays";
import { VIEWS, VIEWS_BEFORE_SESSION, type ViewUnderTest } from "./views";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What a theme changes; all else is the same in both. */
const RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"];

for (const view of VIEWS) {
  test(`${view.name} is usable by everybody`, async ({ app, isPhone }) => {
    test.skip(isPhone && view.desktopOnly === true, "is not on the phone");
    await isUsable(app, view);
  });
}
for (const overlay of OVERLAYS) {
  test(`${overlay.name}, opened, is usable by everybody`, async ({ app, isPhone }) => {
    test.skip(!isIn(overlay, isPhone), "is not of this shell");
    await app.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await overlay.open(app);
    await isClean(app);
  });
}
for (const view of VIEWS_BEFORE_SESSION) {
  plain(`${view.name} is usable by everybody`, ({ page }) => isUsable(page, view));
}

async function isUsable(page: Page, { heading, address }: ViewUnderTest): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await page.goto(await address(page));
  // Behind an open drawer the page's own heading is hidden from assistive technology.
  const title = page.getByRole("heading", { level: 1, name: heading, includeHidden: true });
  await expect(title.first()).toBeVisible();
  await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);

  await isClean(page);

  const isWider = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(isWider, "the page scrolls sideways").toBe(false);
}

/** Nothing breaks a rule, in the dark and then in the light. */
async function isClean(page: Page): Promise<void> {
  const scheme = page.locator("html[data-mantine-color-scheme]");
  await expect(scheme).toHaveAttribute("data-mantine-color-scheme", "dark");
  await hasSettled(page);
  expect(await faults(checks(page).withTags(RULES))).toEqual([]);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await expect(scheme).toHaveAttribute("data-mantine-color-scheme", "light");
  await hasSettled(page);
  expect(await faults(checks(page).withRules(RULES_OF_COLOUR))).toEqual([]);
}

/** What changes its colour or slides in has done so: in between it would be pale. */
async function hasSettled(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document.getAnimations().every(({ playState, effect }) => {
      const isEndless = effect?.getComputedTiming().endTime === Infinity;
      return isEndless || playState !== "running";
    }),
  );
}

/** The report of a back-test is a document of its own, in a frame that runs no foreign script. */
const checks = (page: Page) => new AxeBuilder({ page }).exclude("iframe");

/** What breaks a rule, with the first place of each. */
async function faults(checked: AxeBuilder): Promise<string[]> {
  const { violations } = await checked.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}
