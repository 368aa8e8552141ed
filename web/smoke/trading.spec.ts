/** Trading: an order from its ticket to the books, what stops one, and what is kept of it. */
import { expect, test } from "@playwright/test";
import { post } from "../e2e/server";
import {
  bought,
  closed,
  entry,
  get,
  idleProfile,
  operatorToken,
  read,
  remove,
  url,
  type Trade,
} from "./deployment";

let token = "";
test.beforeAll(async () => {
  token = await operatorToken();
});

test("it is alive and ready", async () => {
  for (const path of ["/health", "/health/live"]) {
    expect((await get(path)).status, path).toBe(200);
  }
  const ready = async () => (await get("/health/ready")).status;
  await expect.poll(ready, { timeout: 30_000 }).toBe(200);
});

interface Order {
  tradeId: string;
  side: string;
  status: string;
  quantity: string;
  filledQuantity: string;
  averagePrice: string;
}

interface Transfer {
  debit: string;
  credit: string;
  amount: string;
  text: string;
}

test("a paper order goes to its fill, its trade and the ledger, and they agree", async () => {
  const { profile, symbol } = await idleProfile(token);
  const ticket = entry(profile, symbol);
  const trade = await closed(await bought(ticket, token), token);
  expect(trade).toMatchObject({ profileId: profile, symbol });

  const history = await read<{ items: Trade[] }>(`/api/trades?profile=${profile}`, token);
  expect(history.items).toEqual([trade]);
  const file = await get(`/api/trades.csv?profile=${profile}`, token);
  expect(file.text.trim().split("\n")).toHaveLength(2);

  const { items: orders } = await read<{ items: Order[] }>(`/api/orders?profile=${profile}`, token);
  const leave = orders.find(({ side }) => side === "sell");
  const enter = orders.find(({ side }) => side === "buy");
  expect(orders).toHaveLength(2);
  for (const [order, price] of [
    [enter, trade.entryPrice],
    [leave, trade.exitPrice],
  ] as const) {
    expect(order).toMatchObject({ tradeId: trade.id, status: "filled" });
    expect(Number(order?.filledQuantity)).toBe(Number(trade.quantity));
    expect(Number(order?.averagePrice)).toBeCloseTo(Number(price), 6);
  }

  const { items: transfers } = await read<{ items: Transfer[] }>(
    `/api/profiles/${profile}/ledger`,
    token,
  );
  for (const { debit, credit, amount, text } of transfers) {
    expect(Number(amount), text).toBeGreaterThan(0);
    expect(debit, text).not.toBe(credit);
  }
  const { equity, fees } = await read<{ equity: string; fees: string }>(
    `/api/profiles/${profile}`,
    token,
  );
  expect(Number(equity)).toBeCloseTo(10_000 + Number(trade.pnl), 4);
  expect(Number(fees)).toBeCloseTo(Number(trade.fees), 6);
  const paid = transfers.filter(({ debit, credit }) => /fee/i.test(debit + credit));
  const sum = paid.reduce((all, { amount }) => all + Number(amount), 0);
  expect(sum, "the ledger's fees").toBeCloseTo(Number(trade.fees), 6);
  await remove(profile, token);
});

test("a pause refuses an entry, and a resume allows it", async () => {
  const { profile, symbol } = await idleProfile(token);
  const order = entry(profile, symbol);
  const status = await read<{ mode: string }>("/internal/trading/status", token);
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
  await bought(order, token);
  await remove(profile, token);
});

for (const [what, path] of [
  ["the store of trading control is read", "/internal/trading/status"],
  ["the store of orders is read", "/api/orders"],
  ["the store of trade history is read", "/api/trades"],
  ["the store of alerts is read", "/api/alerts"],
  // Both come from the file of settings: nothing is stored of them.
  ["feature flags are told", "/api/feature-flags"],
  ["the public config is told", "/api/config"],
] as const) {
  test(what, async () => {
    await read(path, token);
  });
}
