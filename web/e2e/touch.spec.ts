/** On the phone whatever can be tapped has the size of a thumb, however small it is drawn. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { isIn, OVERLAYS } from "./overlays";
import { makeIdleProfile, makePosition, tokenOf, until } from "./server";
import { VIEWS, VIEWS_BEFORE_SESSION } from "./views";

/** In CSS pixels, both ways. */
const THUMB = 44;

/**
 * What can be tapped and is too small, measured by asking what lies under each point around it.
 * Links within a sentence are left out: they are as tall as its lines, which WCAG 2.2 allows, and
 * a larger area would take taps from the lines above and below.
 */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate((thumb) => {
    const roles = ["tab", "menuitem", "option"].map((role) => `[role=${role}]`);
    const SELECTOR = ["a[href], button, summary, input, textarea, select", ...roles].join(", ");
    const isShown = (element: Element) =>
      element.checkVisibility({ checkVisibilityCSS: true }) && element.closest("[inert]") === null;
    const isInSentence = (element: Element) =>
      element.matches("a") &&
      [...(element.parentElement?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && /\w/.test(node.textContent ?? ""),
      );
    /** A field is tapped by its label too, and one that is drawn by its label only by that. */
    const partsOf = (element: Element): Element[] =>
      element instanceof HTMLInputElement ? [element, ...(element.labels ?? [])] : [element];
    const boxOf = (parts: Element[]) =>
      parts
        .map((part) => part.getClientRects()[0] ?? part.getBoundingClientRect())
        .find(({ width, height }) => width > 2 && height > 2);

    const found: string[] = [];
    for (const element of document.querySelectorAll(SELECTOR)) {
      if (!isShown(element) || isInSentence(element)) continue;
      const parts = partsOf(element);
      element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const box = boxOf(parts);
      if (box === undefined) continue;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const isHit = (dx: number, dy: number) => {
        const under = document.elementFromPoint(x + dx, y + dy);
        return parts.some((part) => part.contains(under));
      };
      // What lies under something else cannot be tapped now.
      if (!isHit(0, 0)) continue;
      const reach = (dx: number, dy: number) => {
        let steps = 0;
        while (steps < thumb && isHit(dx * (steps + 1), dy * (steps + 1))) steps += 1;
        return steps;
      };
      const width = reach(-1, 0) + reach(1, 0) + 1;
      const height = reach(0, -1) + reach(0, 1) + 1;
      if (width >= thumb && height >= thumb) continue;
      const words = parts.map((part) => part.getAttribute("aria-label") ?? part.textContent);
      const name = words.join("");
      found.push(`${element.tagName} “${name.trim().slice(0, 40)}” ${width}×${height}`);
    }
    return found;
  }, THUMB);
}

test.beforeEach(({ isPhone }) => {
  test.skip(!isPhone, "a pointer needs less");
});

test.beforeAll(async () => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const token = await tokenOf(url);
  // A stop or a target that the next price reaches leaves an alert and a closed trade behind.
  const id = await makeIdleProfile(url, token, `Told ${Date.now()}`);
  const near = { percent: "0.0001" };
  await makePosition(url, token, id, { takeProfit: near, stopLoss: near });
  await until(url, "/api/alerts", token, (text) => text.includes(id));
});

for (const { name, heading, address, desktopOnly } of [...VIEWS, ...VIEWS_BEFORE_SESSION]) {
  if (desktopOnly === true) continue;
  test(`${name} is for thumbs`, async ({ app, browser }, { project }) => {
    const isBefore = VIEWS_BEFORE_SESSION.some((view) => view.name === name);
    const context = isBefore ? await browser.newContext(project.use) : undefined;
    const page = (await context?.newPage()) ?? app;
    await page.goto(await address(page));
    const title = page.getByRole("heading", { level: 1, name: heading });
    await expect(title.first()).toBeVisible();
    await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
    expect(await tooSmall(page)).toEqual([]);
    await context?.close();
  });
}

for (const overlay of OVERLAYS) {
  if (!isIn(overlay, true)) continue;
  test(`${overlay.name}, opened, is for thumbs`, async ({ app }) => {
    await app.emulateMedia({ reducedMotion: "reduce" });
    await overlay.open(app);
    expect(await tooSmall(app)).toEqual([]);
  });
}
