/** The phone's shell: who comes in, what is said while the product is away, and the way back. */
import { expect, test } from "@playwright/test";
import { administrate, EMAIL, PASSWORD, Server } from "../e2e/server";
import { ask, isOwn, read, signIn } from "./deployment";

test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

test("phone: fresh sign-in, and the session after a reload", async ({ page }) => {
  await signIn(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Positions" }).first()).toBeVisible();
});

test("phone: gate, maintenance, recovery", async ({ page }) => {
  test.skip(!isOwn(), "a deployment is neither closed nor ended by its check");
  let server = await Server.start();
  try {
    const token = await administrate(server);
    const { productId } = await read<{ productId: string }>("/api/config", token, server.url);
    const setGate = async (gate: object) => {
      const path = `/platform/api/admin/products/${productId}/status`;
      const { status, text } = await ask("PUT", path, token, gate, server.url);
      expect(status, text).toBe(200);
    };
    await page.clock.install();
    await signIn(page, server.url, { email: EMAIL, password: PASSWORD });
    const live = page.getByText("Live", { exact: true });
    await expect(live).toBeVisible();
    for (const [status, said] of [
      ["maintenance", "Under maintenance"],
      ["disabled", "Switched off"],
    ] as const) {
      await setGate({ status, message: "Back at noon" });
      // The page asks every half minute, which passes for it at once.
      await page.clock.fastForward(31_000);
      const notice = page.getByRole("dialog", { name: said });
      await expect(notice).toContainText("Back at noon");
      await setGate({ status: "active" });
      await notice.getByRole("button", { name: "Ask now" }).click();
      await expect(notice).toHaveCount(0);
    }
    await server.kill();
    await expect(live).toHaveCount(0);
    server = await server.again();
    await expect(live).toBeVisible({ timeout: 30_000 });
  } finally {
    await server.stop();
  }
});
