/**
 * A market as fast as is wanted, in front of a server that runs: its sockets are answered here,
 * with the server's own picture made larger, and everything else is passed on to it.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Server as SocketServer, type Socket } from "socket.io";
import type { BotState, OrderRow, PositionRow, SymbolRow } from "../../src/api/types";
import { tokenOf } from "../server";

export interface Load {
  /** Symbols, each with one position and one working order. */
  symbols: number;
  /** Prices of all symbols together. */
  ticksPerSecond: number;
  /** Ticks are sent, and positions and profiles marked, this often. */
  everyMs: number;
}

export interface Market {
  url: string;
  sent: () => number;
  stop: () => Promise<void>;
}

export async function serveMarket(upstream: string, load: Load): Promise<Market> {
  const http = createServer((asked, answer) => forward(upstream, asked, answer));
  const io = new SocketServer(http);
  let sent = 0;
  const state = await enlarged(upstream, load.symbols);
  io.of("/trading").on("connection", (socket) => {
    socket.emit("state", state);
    const stop = feed(socket, state, load, (count) => (sent += count));
    socket.on("disconnect", stop);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    sent: () => sent,
    stop: () => io.close(),
  };
}

function forward(upstream: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, headers } = asked;
  const target = new URL(asked.url ?? "/", upstream);
  const passed = request(target, { method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  asked.pipe(passed);
}

/** The server's picture with many symbols, positions and orders. */
async function enlarged(upstream: string, count: number): Promise<BotState> {
  const base = upstream.replace(/\/$/, "");
  const authorization = `Bearer ${await tokenOf(base)}`;
  const response = await fetch(`${base}/api/state`, { headers: { authorization } });
  const state = (await response.json()) as BotState;
  const profileId = state.profiles[0]?.id ?? "";
  const names = Array.from(
    { length: count },
    (_, index) => `SYM${String(index + 1).padStart(4, "0")}`,
  );
  const at = new Date().toISOString();
  return {
    ...state,
    symbols: Object.fromEntries(names.map((symbol) => [symbol, symbolRow(symbol, at)])),
    positions: names.map((symbol, index) => positionRow(symbol, profileId, index, at)),
    orders: names.map((symbol, index) => orderRow(symbol, profileId, index, at)),
  };
}

function symbolRow(symbol: string, at: string): SymbolRow {
  const assetClass = "stock" as const;
  return {
    symbol,
    assetClass,
    quote: "USD",
    tick: "0.01",
    lot: "1",
    price: "100",
    at,
    stale: false,
  };
}

function positionRow(symbol: string, profileId: string, index: number, at: string): PositionRow {
  return {
    tradeId: `trd_bench_${index}`,
    profileId,
    symbol,
    direction: index % 2 === 0 ? "long" : "short",
    quantity: "10",
    entryPrice: "100",
    openedAt: at,
    stop: { level: "95", kind: "trailing" },
    targets: [{ number: 1, portion: "1", level: "110", quantity: "10", filled: "0" }],
    atVenue: ["stop", "targets"],
    emulated: ["trail"],
    realizedPnl: "0",
    fees: "1",
    cost: "1000",
    currency: "USD",
    resultAtStop: "-50",
    lastPrice: "100",
    unrealizedPnl: "0",
    unrealizedPct: "0",
    version: 1,
  };
}

function orderRow(symbol: string, profileId: string, index: number, at: string): OrderRow {
  return {
    id: `ord_bench_${index}`,
    seq: index,
    tradeId: `trd_bench_${index}`,
    fees: "0",
    clientOrderId: `bench-${index}`,
    intentId: `int_bench_${index}`,
    profileId,
    symbol,
    side: "sell",
    type: "limit",
    limitPrice: "110",
    timeInForce: "gtc",
    quantity: "10",
    filledQuantity: "0",
    status: "accepted",
    working: true,
    purpose: "exit",
    origin: "strategy",
    createdAt: at,
    updatedAt: at,
  };
}

/** Sends what is due each time, so that a late turn loses nothing. */
function feed(socket: Socket, state: BotState, load: Load, count: (ticks: number) => void) {
  const begun = Date.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - begun) * load.ticksPerSecond) / 1000);
    count(due - next);
    const at = new Date().toISOString();
    const moved = new Map<number, number>();
    for (; next < due; next += 1) {
      const index = next % load.symbols;
      const price = 100 + Math.round(Math.random() * 400 - 200) / 100;
      const symbol = state.positions[index]?.symbol ?? "";
      socket.emit("tick", { symbol, price: price.toFixed(2), at });
      moved.set(index, price);
    }
    const positions = [...moved].map(([index, price]) => marked(index, price, at));
    socket.emit("marks", { positions, profiles: [] });
  }, load.everyMs);
  return () => clearInterval(timer);
}

function marked(index: number, price: number, at: string) {
  const profit = (price - 100) * (index % 2 === 0 ? 10 : -10);
  return {
    tradeId: `trd_bench_${index}`,
    lastPrice: price.toFixed(2),
    lastPriceAt: at,
    unrealizedPnl: profit.toFixed(2),
    unrealizedPct: (profit / 10).toFixed(2),
  };
}
