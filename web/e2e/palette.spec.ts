/** What can be done by typing. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";

async function type(app: Page, isPhone: boolean, words: string): Promise<void> {
  const open = isPhone ? "Go to, or do" : /^Go to, or do…/;
  const field = app.getByRole("textbox", { name: "Command" });
  await expect(async () => {
    await app.getByRole("button", { name: open }).click();
    await expect(field).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await field.fill(words);
}

for (const words of ["pause", "halt"]) {
  test(`${words} leads an operator to the reason that Control asks for`, async ({
    app,
    isPhone,
  }) => {
    await type(app, isPhone, words);
    await app
      .getByRole("dialog")
      .getByRole("button", { name: /^Pause all entries/ })
      .click();
    await expect(app.getByRole("heading", { level: 1, name: "Control" })).toBeVisible();
    await expect(app.getByRole("dialog")).toHaveCount(0);
    await expect(app.getByLabel("Reason")).toBeFocused();
    const pause = app.getByRole("button", { name: "Pause all entries", exact: true });
    await expect(pause).toBeDisabled();
  });
}

test("a profile is stopped from its page, which asks first", async ({ app, isPhone }) => {
  await type(app, isPhone, "stop by hand");
  await app
    .getByRole("dialog")
    .getByRole("button", { name: /^Stop By hand/ })
    .first()
    .click();
  await expect(app.getByRole("heading", { level: 1, name: /^By hand/ })).toBeVisible();
  await expect(app.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
});
