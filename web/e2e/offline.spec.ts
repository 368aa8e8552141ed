/** What a person asks for is sent at once or refused at once; nothing is sent later. */
import { test as plain, expect, type Page } from "@playwright/test";
import { administrate, EMAIL, PASSWORD, Server } from "./server";

async function fillSignIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel(/^Password/).fill(PASSWORD);
}

async function signIn(page: Page, server: Server): Promise<void> {
  await fillSignIn(page, server);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
}

/** The paths to which something was posted from now on. */
function posts(page: Page): string[] {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(new URL(request.url()).pathname);
  });
  return sent;
}

let server: Server;

plain.beforeEach(async () => {
  server = await Server.start();
  await administrate(server);
});

plain.afterEach(() => server.stop());

plain("a browser that only believes it is offline holds nothing back", async ({ page }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/operator`);
  await page.getByLabel("Reason").fill("The network was said to be away");
  await page.evaluate(() => window.dispatchEvent(new Event("offline")));
  const pause = page.waitForRequest((request) => request.url().endsWith("/trading/pause"));
  await page.getByRole("button", { name: "Pause all entries" }).click();
  await pause;
  await expect(page.getByRole("button", { name: /Trading control: PAUSED/ })).toBeVisible();
});

plain("without a network an error comes at once, and nothing is sent later", async ({ page }) => {
  await fillSignIn(page, server);
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Sign in" }).click();
  const refusal = page.getByRole("alert").filter({ hasText: "The server did not answer" });
  await expect(refusal).toBeVisible({ timeout: 3_000 });

  const sent = posts(page);
  await page.context().setOffline(false);
  const status = await page.evaluate(async () => (await fetch("/api/config")).status);
  expect(status).toBe(200);
  expect(sent).not.toContain("/platform/api/auth/login");
});

plain("a sign-out that the server was not told of holds over a reload", async ({ page }) => {
  await signIn(page, server);
  await page.route("**/platform/api/auth/logout", (route) => route.abort());
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByText(/it does not know yet/)).toBeVisible();
  await page.goto(`${server.url}/positions`);
  await expect(page.getByText(/it does not know yet/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await page.unroute("**/platform/api/auth/logout");
  await expect(page.getByText("the server knows it now")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect((await page.context().cookies()).map(({ name }) => name)).not.toContain("ballast_refresh");
});

plain("the control badge says how old its word is while the server is away", async ({ page }) => {
  await signIn(page, server);
  const badge = page.getByRole("button", { name: /^Trading control: RUNNING/ });
  await expect(badge).toHaveAccessibleName("Trading control: RUNNING. Show who, when and why.");
  await expect(badge.locator("[data-tone]")).toHaveAttribute("data-tone", "good");
  await badge.click();
  const detail = page.getByRole("dialog", { name: /^Trading control/ });
  const holds = detail.getByText("Profiles may enter trades.", { exact: true });
  await expect(holds).toBeVisible();
  await server.kill();
  await expect(badge).toHaveAccessibleName(/RUNNING, last known \d+ sec\. ago\. Show/, {
    timeout: 20_000,
  });
  await expect(badge).toHaveText(/^RUNNING\s*\d+ sec\. ago$/);
  await expect(badge.locator("[data-tone]")).toHaveAttribute("data-tone", "neutral");
  await expect(detail.getByText(/^RUNNING, last known \d+ sec\. ago\.$/)).toBeVisible();
  await expect(detail.getByText("It may have changed since. What held then: ")).toBeVisible();
  await expect(holds).toHaveCount(0);

  server = await server.again();
  await expect(badge).toHaveAccessibleName("Trading control: RUNNING. Show who, when and why.", {
    timeout: 30_000,
  });
  await expect(holds).toBeVisible();
});
