/**
 * The checks before a release, against a running server: what must work, and what must be refused.
 * Each test is a row of the table that `report.ts` prints.
 */
import { expect, test, type Page } from "@playwright/test";
import { io, type Socket } from "socket.io-client";
import { EMAIL, PASSWORD, post, tokenOf } from "../e2e/server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
const email = () => process.env.BALLAST_E2E_EMAIL ?? EMAIL;
const password = () => process.env.BALLAST_E2E_PASSWORD ?? PASSWORD;

test.describe.configure({ mode: "default" });

let token = "";
test.beforeAll(async () => {
  token = await tokenOf(url(), email(), password());
});

async function get(path: string, bearer?: string): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> =
    bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const response = await fetch(url() + path, { headers });
  return { status: response.status, text: await response.text() };
}

const read = async <T>(path: string): Promise<T> => {
  const { status, text } = await get(path, token);
  expect(status, path).toBe(200);
  return JSON.parse(text) as T;
};

/** Connects; gives the message of a refusal, or "connected". */
async function connected(namespace: string, auth: object): Promise<string> {
  const socket: Socket = io(url() + namespace, { auth, reconnection: false, timeout: 5_000 });
  try {
    return await new Promise<string>((resolve) => {
      socket.on("connect", () => resolve("connected"));
      socket.on("connect_error", ({ message }) => resolve(message));
    });
  } finally {
    socket.disconnect();
  }
}

/** A profile whose rules never hold, so that only this check trades for it. */
async function idleProfile(): Promise<string> {
  const { symbols } = await read<{ symbols: Record<string, unknown> }>("/api/state");
  const symbol = Object.keys(symbols)[0] ?? "";
  const strategyConfig = {
    version: 1,
    kind: "rules",
    timeframe: "5s",
    symbols: [symbol],
    entry: "close < 0",
    sizing: { type: "percentOfEquity", value: "10" },
  };
  const capital = { currency: "USD", allocated: "10000" };
  const body = { name: `Smoke ${Date.now()}`, capital, strategyConfig };
  const made = await post(url(), "/api/profiles", body, token);
  expect(made.status, JSON.stringify(made.answer)).toBe(201);
  const id = String(made.answer.id);
  expect((await post(url(), `/api/profiles/${id}/start`, {}, token)).status).toBe(200);
  return id;
}

/** Leaves what it holds, stops it, and takes it out again. */
async function remove(profile: string): Promise<void> {
  expect((await post(url(), `/api/profiles/${profile}/flatten`, {}, token)).status).toBe(200);
  expect((await post(url(), `/api/profiles/${profile}/stop`, {}, token)).status).toBe(200);
  const removed = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const path = `${url()}/api/profiles/${profile}`;
    const etag = (await fetch(path, { headers })).headers.get("etag") ?? "";
    const removal = { ...headers, "if-match": etag };
    return (await fetch(path, { method: "DELETE", headers: removal })).status;
  };
  await expect.poll(removed, { timeout: 30_000 }).toBe(204);
}

const entry = (profileId: string, symbol: string) => ({
  profileId,
  symbol,
  side: "buy",
  type: "market",
  notional: "200",
});

async function symbolOf(profileId: string): Promise<string> {
  const { strategyConfig } = await read<{ strategyConfig: { symbols: string[] } }>(
    `/api/profiles/${profileId}`,
  );
  return strategyConfig.symbols[0] ?? "";
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${url()}/sign-in`);
  await page.getByLabel("E-mail").fill(email());
  await page.getByLabel(/^Password/).fill(password());
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
}

test("it is alive and ready", async () => {
  for (const path of ["/health", "/health/live"]) {
    expect((await get(path)).status, path).toBe(200);
  }
  const ready = async () => (await get("/health/ready")).status;
  await expect.poll(ready, { timeout: 30_000 }).toBe(200);
});

test("sign-in", async () => {
  const { answer, status } = await post(url(), "/platform/api/auth/login", {
    email: email(),
    password: password(),
  });
  expect(status).toBe(200);
  expect(answer.accessToken).toBeTruthy();
});

test("sign-in without an account is refused", async () => {
  const body = { email: `nobody-${Date.now()}@example.org`, password: "not this one" };
  const { status, answer } = await post(url(), "/platform/api/auth/login", body);
  expect(status).toBe(401);
  expect(answer.code).toBeTruthy();
});

test("a password reset is taken, and says nothing of accounts", async () => {
  const body = { email: `nobody-${Date.now()}@example.org` };
  expect((await post(url(), "/platform/api/auth/password/forgot", body)).status).toBe(202);
});

test("a session is restored in the browser", async ({ page }) => {
  await signIn(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("realtime is refused without a token", async () => {
  expect(await connected("/trading", {})).toBe("unauthenticated");
  expect(await connected("/trading", { token: "a.b.c" })).toBe("tokenInvalid");
});

test("realtime is answered with one", async () => {
  expect(await connected("/trading", { token })).toBe("connected");
  expect(await connected("/admin", { token })).toBe("connected");
});

test("requests without a token are refused", async () => {
  for (const path of ["/api/state", "/api/profiles", "/api/orders.csv", "/platform/api/auth/me"]) {
    expect((await get(path)).status, path).toBe(401);
  }
});

test("what belongs to nobody is not found", async () => {
  for (const path of ["/api/profiles/prf_0000000000000000", "/api/trades/trd_0000000000000000"]) {
    expect((await get(path, token)).status, path).toBe(404);
  }
});

test("metrics and full health are not in public", async () => {
  for (const path of ["/metrics", "/internal/health"]) {
    expect((await get(path, token)).text, path).not.toMatch(/ballast_|tenants/);
  }
});

test("a paper order goes to its fill and to the ledger", async () => {
  const profile = await idleProfile();
  const order = entry(profile, await symbolOf(profile));
  const placed = await post(url(), "/api/orders/manual", order, token);
  expect(placed.status, JSON.stringify(placed.answer)).toBe(201);
  const fills = async () => {
    const path = `/api/orders/${String(placed.answer.orderId)}`;
    return (await read<{ status: string }>(path)).status;
  };
  await expect.poll(fills, { timeout: 30_000 }).toBe("filled");
  const ledger = await read<{ items: unknown[] }>(`/api/profiles/${profile}/ledger`);
  expect(ledger.items.length).toBeGreaterThan(1);
  await remove(profile);
});

test("a pause refuses an entry, and a resume allows it", async () => {
  const profile = await idleProfile();
  const order = entry(profile, await symbolOf(profile));
  const status = await read<{ mode: string }>("/internal/trading/status");
  test.skip(status.mode !== "RUNNING", "trading is not running: resume it first");
  const reason = "release check";
  try {
    expect((await post(url(), "/internal/trading/pause", { reason }, token)).status).toBe(200);
    const refused = await post(url(), "/api/orders/manual", order, token);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.answer)).toContain(reason);
  } finally {
    const over = { reason: "release check, over" };
    expect((await post(url(), "/internal/trading/resume", over, token)).status).toBe(200);
  }
  const placed = await post(url(), "/api/orders/manual", order, token);
  expect(placed.status, JSON.stringify(placed.answer)).toBe(201);
  await remove(profile);
});

for (const [what, path] of [
  ["trading control", "/internal/trading/status"],
  ["orders", "/api/orders"],
  ["trade history", "/api/trades"],
  ["alerts", "/api/alerts"],
  ["flags", "/api/feature-flags"],
  ["public config", "/api/config"],
] as const) {
  test(`the store of ${what} is read`, async () => {
    await read(path);
  });
}

test("phone: fresh sign-in, and the session after a reload", async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  const page = await context.newPage();
  await signIn(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Positions" }).first()).toBeVisible();
  await context.close();
});
