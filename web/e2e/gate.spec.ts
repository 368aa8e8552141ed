/** The product gate: what is said while the product may not be used, and what is kept. */
import { test as plain, expect, type Page } from "@playwright/test";
import { administrate, EMAIL, PASSWORD, Server } from "./server";

let server: Server;
let token: string;

plain.beforeEach(async () => {
  server = await Server.start();
  token = await administrate(server);
});

plain.afterEach(() => server.stop());

async function setGate(gate: object): Promise<void> {
  const config = (await (await fetch(`${server.url}/api/config`)).json()) as { productId: string };
  const address = `${server.url}/platform/api/admin/products/${config.productId}/status`;
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${token}`,
    "if-match": "*",
  };
  const answer = await fetch(address, { method: "PUT", headers, body: JSON.stringify(gate) });
  expect(answer.status).toBe(200);
}

/** The page asks every half minute; a minute passes for it at once. */
const later = (page: Page) => page.clock.fastForward(31_000);

async function open(page: Page, path: string): Promise<void> {
  await page.clock.install();
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await page.goto(`${server.url}/${path}`);
}

plain("maintenance is said over what is open, and a form is kept", async ({ page }) => {
  await open(page, "operator");
  await page.getByLabel("Reason").fill("half a sentence");
  await setGate({ status: "maintenance", message: "Back at noon" });
  await later(page);
  const notice = page.getByRole("dialog", { name: "Under maintenance" });
  await expect(notice).toContainText("Back at noon");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(notice).toBeVisible();

  await setGate({ status: "active" });
  await notice.getByRole("button", { name: "Ask now" }).click();
  await expect(notice).toHaveCount(0);
  await expect(page.getByLabel("Reason")).toHaveValue("half a sentence");
});

plain("a server that is away when the page loads is asked again for its gate", async ({ page }) => {
  await setGate({ status: "maintenance", message: "Back at noon" });
  let failed = 0;
  await page.route("**/api/config", (route) => {
    failed += 1;
    return route.abort();
  });
  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect.poll(() => failed, { timeout: 20_000 }).toBeGreaterThan(1);
  await page.unroute("**/api/config");
  const notice = page.getByRole("dialog", { name: "Under maintenance" });
  await expect(notice).toBeVisible({ timeout: 20_000 });
});

plain("a client that is too old offers to load a newer one", async ({ page }) => {
  await open(page, "operator");
  await setGate({ status: "active", minClientVersion: "99.0.0" });
  await page.reload();
  const notice = page.getByRole("dialog", { name: "A newer version is needed" });
  await expect(notice.getByRole("button", { name: "Load it now" })).toBeVisible();
  await notice.getByRole("button", { name: "Finish first" }).click();
  await expect(notice).toHaveCount(0);
});
