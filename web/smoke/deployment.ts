/** The deployment that is checked, and what its checks ask of it. */
import { expect, test, type Page } from "@playwright/test";
import { io, type Socket } from "socket.io-client";
import { EMAIL, PASSWORD, post, tokenOf } from "../e2e/server";

export const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
export const email = () => process.env.BALLAST_E2E_EMAIL ?? EMAIL;
export const password = () => process.env.BALLAST_E2E_PASSWORD ?? PASSWORD;

/** Whether it was started for these checks: then it may be restarted, and its mail is read. */
export const isOwn = () => process.env.BALLAST_SERVER !== undefined;

/** The token of the operator who checks. */
export const operatorToken = () => tokenOf(url(), email(), password());

/** Somebody else, who is no operator; the check is skipped where there is nobody. */
export async function otherToken(): Promise<string> {
  if (isOwn()) {
    const other = await register();
    return tokenOf(url(), other.email, other.password);
  }
  const other = process.env.BALLAST_SMOKE_USER_EMAIL;
  test.skip(other === undefined, "no second account: name a plain user by --user-email");
  return tokenOf(url(), other, process.env.BALLAST_SMOKE_USER_PASSWORD);
}

/** An account that nobody had before. */
export async function register(): Promise<{ email: string; password: string }> {
  const made = { email: `smoke-${crypto.randomUUID()}@example.org`, password: PASSWORD };
  const { status, answer } = await post(url(), "/platform/api/auth/register", made);
  expect(status, JSON.stringify(answer)).toBe(202);
  return made;
}

/** Signs in as a program that keeps its refresh token; gives the status and the tokens. */
export async function session(
  at: string,
  account: { email: string; password: string },
): Promise<{ status: number; access: string; refresh: string }> {
  const body = { ...account, tokenIn: "body" };
  const { status, answer } = await post(at, "/platform/api/auth/login", body);
  return { status, access: String(answer.accessToken), refresh: String(answer.refreshToken) };
}

/** What any method of a path answers. */
export async function ask(
  method: string,
  path: string,
  bearer?: string,
  body?: object,
  at = url(),
): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = { "idempotency-key": crypto.randomUUID() };
  if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
  if (["PUT", "PATCH", "DELETE"].includes(method)) headers["if-match"] = "*";
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(at + path, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

export const get = (path: string, bearer?: string) => ask("GET", path, bearer);

/** What a path holds for whoever has the token. */
export async function read<T>(path: string, token: string, at = url()): Promise<T> {
  const { status, text } = await ask("GET", path, token, undefined, at);
  expect(status, `${path}: ${text}`).toBe(200);
  return JSON.parse(text) as T;
}

/** Connects; gives the message of a refusal, or "connected". */
export async function connected(namespace: string, auth: object): Promise<string> {
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

/** A profile whose rules never hold, so that only its check trades for it. */
export async function idleProfile(token: string): Promise<{ profile: string; symbol: string }> {
  let symbol = "";
  const priced = async () => {
    const { symbols } = await read<{ symbols: Record<string, unknown> }>("/api/state", token);
    [symbol = ""] = Object.keys(symbols);
    return symbol;
  };
  // A server that has just started has heard no price yet.
  await expect.poll(priced, { timeout: 30_000 }).not.toBe("");
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
  const profile = String(made.answer.id);
  expect((await post(url(), `/api/profiles/${profile}/start`, {}, token)).status).toBe(200);
  return { profile, symbol };
}

/** Leaves what it holds, stops it, and takes it out again. */
export async function remove(profile: string, token: string): Promise<void> {
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

export const entry = (profileId: string, symbol: string, further: object = {}) => ({
  profileId,
  symbol,
  side: "buy",
  type: "market",
  notional: "200",
  ...further,
});

/** Places an order by hand and waits until it has filled; gives its trade. */
export async function bought(ticket: object, token: string): Promise<string> {
  const placed = await post(url(), "/api/orders/manual", ticket, token);
  expect(placed.status, JSON.stringify(placed.answer)).toBe(201);
  const path = `/api/orders/${String(placed.answer.orderId)}`;
  const status = async () => (await read<{ status: string }>(path, token)).status;
  await expect.poll(status, { timeout: 30_000 }).toBe("filled");
  return String(placed.answer.tradeId);
}

/** A closed trade of the history. */
export interface Trade {
  id: string;
  profileId: string;
  symbol: string;
  quantity: string;
  entryPrice: string;
  exitPrice: string;
  pnl: string;
  fees: string;
}

/** Waits until a trade is in the history. */
export async function ended(trade: string, token: string): Promise<Trade> {
  const path = `/api/trades/${trade}`;
  await expect.poll(async () => (await get(path, token)).status, { timeout: 30_000 }).toBe(200);
  return read<Trade>(path, token);
}

/** Closes a position; gives the trade as the history has it. */
export async function closed(trade: string, token: string): Promise<Trade> {
  const close = await post(url(), `/api/positions/${trade}/close`, {}, token);
  expect(close.status, JSON.stringify(close.answer)).toBe(201);
  return ended(trade, token);
}

export async function signIn(
  page: Page,
  at = url(),
  account = { email: email(), password: password() },
): Promise<void> {
  await page.goto(`${at}/sign-in`);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel(/^Password/).fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
}
