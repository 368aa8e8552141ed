/** Writes a picture of each view to `screens`, for people to look at. */
import { expect, test } from "./fixtures";
import { VIEWS } from "./views";

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
    for (const { name, address, desktopOnly } of VIEWS) {
      if (isPhone && desktopOnly === true) continue;
      await app.goto(await address(app));
      await app.waitForLoadState("networkidle").catch(() => undefined);
      await app.locator("canvas, table, form, section").first().waitFor();
      await app.screenshot({ path: `screens/${name}-${project.name}-${colorScheme}.png` });
    }
  });
}
