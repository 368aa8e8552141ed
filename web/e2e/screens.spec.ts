/** Writes a picture of each view to `screens`, for people to look at. */
import { test } from "./fixtures";
import { VIEWS } from "./views";

for (const colorScheme of ["dark", "light"] as const) {
  test(`pictures, ${colorScheme} @screens`, async ({ app, isPhone }, { project }) => {
    test.setTimeout(180_000);
    await app.emulateMedia({ colorScheme });
    for (const { name, address, desktopOnly } of VIEWS) {
      if (isPhone && desktopOnly === true) continue;
      await app.goto(await address(app));
      await app.waitForLoadState("networkidle").catch(() => undefined);
      await app.locator("canvas, table, form, section").first().waitFor();
      await app.screenshot({ path: `screens/${name}-${project.name}-${colorScheme}.png` });
    }
  });
}
