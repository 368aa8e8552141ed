/** What must be refused: to nobody, to those without the role, and to strangers. */
import { expect, test } from "@playwright/test";
import { post } from "../e2e/server";
import {
  ask,
  bought,
  closed,
  connected,
  ended,
  entry,
  get,
  idleProfile,
  operatorToken,
  otherToken,
  read,
  remove,
  url,
} from "./deployment";

let token = "";
test.beforeAll(async () => {
  token = await operatorToken();
});

test("realtime is refused without a token", async () => {
  for (const namespace of ["/", "/trading", "/admin"]) {
    expect(await connected(namespace, {}), namespace).toBe("unauthenticated");
    expect(await connected(namespace, { token: "a.b.c" }), namespace).toBe("tokenInvalid");
  }
});

test("realtime for operators is refused to a user", async () => {
  const other = await otherToken();
  expect(await connected("/trading", { token: other })).toBe("connected");
  expect(await connected("/admin", { token: other })).toBe("forbidden");
});

test("realtime is answered with a token", async () => {
  expect(await connected("/trading", { token })).toBe("connected");
  expect(await connected("/admin", { token })).toBe("connected");
});

test("operators' and administrators' requests are refused to a user", async () => {
  const other = await otherToken();
  for (const [method, path] of [
    ["POST", "/internal/trading/pause"],
    ["POST", "/internal/trading/resume"],
    ["GET", "/platform/api/admin/users"],
  ] as const) {
    const body = method === "POST" ? { reason: "not theirs to say" } : undefined;
    expect((await ask(method, path, other, body)).status, path).toBe(403);
  }
});

test("requests without a token, and with one that is none, are refused", async () => {
  const paths = ["/api/state", "/api/profiles", "/api/orders.csv", "/api/trades", "/api/alerts"];
  for (const path of [...paths, "/internal/trading/status", "/platform/api/auth/me"]) {
    expect((await get(path)).status, path).toBe(401);
    expect((await get(path, "a.b.c")).status, path).toBe(401);
  }
});

/** One of everything that has an id, owned by whoever checks. */
async function owned(): Promise<Record<string, string>> {
  const { profile, symbol } = await idleProfile(token);
  // A stop and a target that the next price reaches: each leaves an alert behind.
  const near = { takeProfit: { percent: "0.0001" }, stopLoss: { percent: "0.0001" } };
  await ended(await bought(entry(profile, symbol, near), token), token);
  const trade = await closed(await bought(entry(profile, symbol), token), token);
  const position = await bought(entry(profile, symbol), token);
  const ids = async (path: string) => (await read<{ items: { id: string }[] }>(path, token)).items;
  const alerts = async () => (await ids("/api/alerts")).length;
  await expect.poll(alerts, { timeout: 30_000 }).toBeGreaterThan(0);
  const { strategyConfig } = await read<{ strategyConfig: object }>(
    `/api/profiles/${profile}`,
    token,
  );
  const run = { timeframe: "5s", strategyConfig, data: { source: "market" } };
  const job = await post(url(), "/api/backtest/run", run, token);
  expect(job.status, JSON.stringify(job.answer)).toBe(202);
  const { sessions } = await read<{ sessions: { id: string }[] }>(
    "/platform/api/auth/sessions",
    token,
  );
  return {
    profile,
    symbol,
    position,
    trade: trade.id,
    order: (await ids(`/api/orders?profile=${profile}`))[0]?.id ?? "",
    alert: (await ids("/api/alerts"))[0]?.id ?? "",
    backtest: String(job.answer.id),
    session: sessions[0]?.id ?? "",
  };
}

/** Every kind of request that names something by its id. */
const requests = (own: Record<string, string>): [string, string, object?][] => [
  ["GET", `/api/profiles/${own.profile}`],
  ["GET", `/api/profiles/${own.profile}/evaluations`],
  ["GET", `/api/profiles/${own.profile}/ledger`],
  ["GET", `/api/profiles/${own.profile}/performance`],
  ["GET", `/api/profiles/${own.profile}/versions`],
  ["POST", `/api/profiles/${own.profile}/start`, {}],
  ["POST", `/api/profiles/${own.profile}/stop`, {}],
  ["POST", `/api/profiles/${own.profile}/flatten`, {}],
  ["DELETE", `/api/profiles/${own.profile}`],
  ["POST", "/api/orders/manual", entry(own.profile ?? "", own.symbol ?? "")],
  ["POST", "/api/orders/preview", entry(own.profile ?? "", own.symbol ?? "")],
  ["GET", `/api/orders/${own.order}`],
  ["DELETE", `/api/orders/${own.order}`],
  ["PATCH", `/api/positions/${own.position}`, { stop: { level: "1" } }],
  ["POST", `/api/positions/${own.position}/close`, {}],
  ["GET", `/api/trades/${own.trade}`],
  ["POST", `/api/alerts/${own.alert}/ack`, {}],
  ["GET", `/api/backtest/${own.backtest}`],
  ["DELETE", `/api/backtest/${own.backtest}`],
  ["DELETE", `/platform/api/auth/sessions/${own.session}`],
  ["GET", `/api/orders?profile=${own.profile}`],
  ["GET", `/api/trades?profile=${own.profile}`],
];

test("what belongs to another tenant is not found, by every kind of id", async () => {
  test.slow();
  const other = await otherToken();
  const own = await owned();
  for (const [kind, id] of Object.entries(own)) expect(id, kind).not.toBe("");
  for (const [method, path, body] of requests(own)) {
    expect((await ask(method, path, undefined, body)).status, `nobody: ${method} ${path}`).toBe(
      401,
    );
    const { status, text } = await ask(method, path, other, body);
    expect(status, `a stranger: ${method} ${path}: ${text}`).toBe(404);
  }
  const { state, openPositions } = await read<{ state: string; openPositions: number }>(
    `/api/profiles/${own.profile}`,
    token,
  );
  expect({ state, openPositions }, "nothing was done").toEqual({
    state: "running",
    openPositions: 1,
  });
  await remove(own.profile ?? "", token);
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
