import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "./fixtures";
import { VIEWS } from "./views";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const { name, heading, address, desktopOnly } of VIEWS) {
  for (const colorScheme of ["dark", "light"] as const) {
    test(`${name} is usable by everybody, ${colorScheme}`, async ({ app, isPhone }) => {
      test.skip(isPhone && desktopOnly === true, "is not on the phone");
      await app.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await app.goto(await address(app));
      // Behind an open drawer the page's own heading is hidden from assistive technology.
      const title = app.getByRole("heading", { level: 1, name: heading, includeHidden: true });
      await expect(title.first()).toBeVisible();
      await expect(app.getByRole("status", { name: "Loading" })).toHaveCount(0);

      const { violations } = await new AxeBuilder({ page: app }).withTags(RULES).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
      expect(found).toEqual([]);

      const isWider = await app.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      expect(isWider, "the page scrolls sideways").toBe(false);
    });
  }
}
