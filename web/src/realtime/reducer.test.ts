import { describe, expect, it } from "vitest";
import type { Health, Update } from "~/api/types";
import { sampleOrder, samplePosition, sampleProfile, sampleState } from "./samples";
import type { Message } from "./messages";
import { EMPTY, evaluationKey, reduce as fold, type LiveState } from "./reducer";

const event = (seq: number, prevSeq: number, rest: Partial<Update> = {}): Message => ({
  type: "event",
  event: { tenantId: "t", seq, prevSeq, type: "orderFilled", upserts: {}, removes: {}, ...rest },
});

/** This browser's clock when the first state comes. */
const T0 = Date.parse("2026-01-01T00:00:00Z");
const SECOND = 1_000;

/** The fold of messages that come at one instant, by default that of the first state. */
const reduce = (before: LiveState, messages: readonly Message[], seconds = 0) =>
  fold(before, messages, T0 + seconds * SECOND);

const started = (): LiveState => reduce(EMPTY, [{ type: "state", state: sampleState }]).state;

const tick = (symbol: string, price: string, at: string): Message => ({
  type: "tick",
  tick: { symbol, price, at },
});

describe("the fold of what the server says", () => {
  it("takes the whole state, and tells everybody", () => {
    const { state, changed } = reduce(EMPTY, [{ type: "state", state: sampleState }]);
    expect(state.seq).toBe(10);
    expect(state.profiles.prf_1?.name).toBe("Trend");
    expect(state.evaluations[evaluationKey("prf_1", "BTC/USD")]?.decision).toBe("hold");
    expect(changed).toContain("*");
  });

  it("applies an event that follows, row by row", () => {
    const filled = { ...sampleOrder, status: "filled" as const, working: false };
    const { state, changed } = reduce(started(), [
      event(11, 10, { upserts: { orders: [filled], positions: [samplePosition] } }),
    ]);
    expect(state.seq).toBe(11);
    expect(state.orders.ord_1?.status).toBe("filled");
    expect(state.positions.trd_1?.quantity).toBe("0.5");
    expect([...changed].sort()).toEqual([
      "orders",
      "orders/ord_1",
      "positions",
      "positions/trd_1",
      "seq",
    ]);
  });

  it("removes rows by their keys", () => {
    const held = reduce(started(), [event(11, 10, { upserts: { positions: [samplePosition] } })]);
    const { state } = reduce(held.state, [event(12, 11, { removes: { positions: ["trd_1"] } })]);
    expect(state.positions).toEqual({});
  });

  it("asks for a fresh state after a gap, and changes no row until it comes", () => {
    const renamed = { ...sampleProfile, name: "Other" };
    const gap = reduce(started(), [event(13, 12, { upserts: { profiles: [renamed] } })]);
    expect(gap.state.behind).toBe(true);
    expect(gap.state.seq).toBe(10);
    expect(gap.state.profiles.prf_1?.name).toBe("Trend");
    expect(gap.changed).toContain("behind");

    const fresh = { ...sampleState, seq: 13, profiles: [renamed] };
    const { state } = reduce(gap.state, [{ type: "state", state: fresh }, event(14, 13)]);
    expect(state.behind).toBe(false);
    expect(state.seq).toBe(14);
    expect(state.profiles.prf_1?.name).toBe("Other");
  });

  it("ignores what it has already", () => {
    const before = started();
    const { state, changed } = reduce(before, [event(10, 9), event(7, 3)]);
    expect(state).toBe(before);
    expect(changed.size).toBe(0);
  });

  it("moves one symbol by a tick, never back in time, and nothing unknown", () => {
    const before = started();
    const { state, changed } = reduce(before, [
      tick("BTC/USD", "101.5", "2026-01-01T00:00:02Z"),
      tick("BTC/USD", "99", "2026-01-01T00:00:01Z"),
      tick("NOPE", "1", "2026-01-01T00:00:02Z"),
    ]);
    expect(state.symbols["BTC/USD"]?.price).toBe("101.5");
    expect([...changed]).toEqual(["symbols/BTC/USD"]);
    expect(state.profiles).toBe(before.profiles);
  });

  it("keeps what a tick says of the day, and what the row says beyond it", () => {
    const at = "2026-01-01T00:00:02Z";
    const said = { symbol: "BTC/USD", price: "101.5", at, dayChangePct: "1.5" };
    const { state } = reduce(started(), [{ type: "tick", tick: said }]);
    expect(state.symbols["BTC/USD"]).toMatchObject({ ...said, lot: "0.0001", stale: false });
  });

  it("lays marks over rows it knows, keeping the rest of them", () => {
    const mark = { equity: "10100", unrealizedPnl: "100", dayProfit: "100", openRisk: "0" };
    const { state } = reduce(started(), [
      {
        type: "marks",
        marks: {
          profiles: [
            { ...mark, id: "prf_1" },
            { ...mark, id: "prf_x" },
          ],
          positions: [],
        },
      },
    ]);
    expect(state.profiles.prf_1).toMatchObject({ equity: "10100", name: "Trend" });
    expect(state.profiles.prf_x).toBeUndefined();
  });

  it("follows control forwards only", () => {
    const control = (version: number, mode: "PAUSED" | "RUNNING"): Message => ({
      type: "control",
      control: {
        mode,
        lastChangedBy: "op",
        lastChangedAt: "2026-01-01T00:00:00Z",
        version,
        durable: true,
      },
    });
    const { state } = reduce(started(), [control(5, "PAUSED"), control(4, "RUNNING")]);
    expect(state.control?.mode).toBe("PAUSED");
  });

  it("keeps the newest orders, and all that still work", () => {
    let state = started();
    for (let seq = 11; seq < 400; seq += 1) {
      const order = { ...sampleOrder, id: `ord_${seq}`, working: false };
      state = reduce(state, [event(seq, seq - 1, { upserts: { orders: [order] } })]).state;
    }
    expect(Object.keys(state.orders)).toHaveLength(200);
    expect(state.orders.ord_1?.working).toBe(true);
    expect(state.orders.ord_399).toBeDefined();
    expect(state.orders.ord_11).toBeUndefined();
  });
});

describe("the age of prices", () => {
  const BTC = "BTC/USD";
  const feed = (state: Health["feeds"][number]["state"], lastEventAgeMs?: number): Message => ({
    type: "health",
    health: { ...sampleState.health, feeds: [{ venue: "market", state, lastEventAgeMs }] },
  });
  const isOld = (state: LiveState, symbol = BTC) => state.symbols[symbol]?.stale;
  const two = (): LiveState => {
    const row = sampleState.symbols[BTC];
    if (row === undefined) throw new Error("the sample has no such symbol");
    const symbols = { [BTC]: row, ACME: { ...row, symbol: "ACME" } };
    return reduce(EMPTY, [{ type: "state", state: { ...sampleState, symbols } }]).state;
  };

  it("makes every price old when the server has lost the feed, while the socket lives", () => {
    const lost = reduce(two(), [feed("stale", 16_000)], 16);
    expect(isOld(lost.state)).toBe(true);
    expect(isOld(lost.state, "ACME")).toBe(true);
    expect([...lost.changed].sort()).toEqual([
      "health",
      "silence",
      "symbols/ACME",
      "symbols/BTC/USD",
    ]);
    expect(lost.state.silentSince).toBe(T0);
    expect(lost.state.symbols[BTC]?.price).toBe("100");
  });

  it("makes a price young again by its own next tick alone", () => {
    const lost = reduce(two(), [feed("stale", 16_000)], 16).state;
    const heard = reduce(lost, [tick(BTC, "101", "2026-01-01T00:00:20Z")], 20).state;
    const { state } = reduce(heard, [feed("live", 100)], 21);
    expect(isOld(state)).toBe(false);
    expect(isOld(state, "ACME")).toBe(true);
    expect(state.silentSince).toBeUndefined();
  });

  it("counts on when neither prices nor health come any more", () => {
    const healthy = reduce(started(), [feed("live", 200)], 5).state;
    expect(isOld(reduce(healthy, [{ type: "time" }], 15).state)).toBe(false);
    const silent = reduce(healthy, [{ type: "time" }], 20.5);
    expect(isOld(silent.state)).toBe(true);
    expect(silent.changed).toContain("silence");
  });

  it("makes the price of one quiet symbol old, while the others go on", () => {
    let state = two();
    for (let second = 5; second <= 65; second += 5) {
      const at = new Date(T0 + second * SECOND).toISOString();
      state = reduce(state, [tick("ACME", "50", at), feed("live", 100)], second).state;
    }
    expect(isOld(state, "ACME")).toBe(false);
    expect(isOld(state)).toBe(true);
    expect(state.silentSince).toBeUndefined();
  });

  it("keeps one lost feed from ageing what another brings", () => {
    const at = "2026-01-01T00:00:30Z";
    const { state } = reduce(two(), [tick("ACME", "50", at), feed("stale", 30_000)], 30);
    expect(isOld(state, "ACME")).toBe(false);
    expect(isOld(state)).toBe(true);
  });

  it("makes prices old when the market has ended", () => {
    expect(isOld(reduce(started(), [feed("ended", 6_000)], 6).state)).toBe(true);
  });

  it("shows what was kept for later with the age it has", () => {
    const kept: Message = { type: "state", state: sampleState, heardAt: T0 - 3_600 * SECOND };
    const { state } = reduce(EMPTY, [kept]);
    expect(isOld(state)).toBe(true);
    expect(state.heardAt[BTC]).toBe(T0 - 3_600 * SECOND);
  });

  it("takes a fresh picture with the same price for no sign of life", () => {
    const lost = reduce(started(), [feed("stale", 16_000)], 16).state;
    const { feeds } = lost.health ?? { feeds: [] };
    const state = { ...sampleState, health: { ...sampleState.health, feeds } };
    expect(isOld(reduce(lost, [{ type: "state", state }], 17).state)).toBe(true);
  });
});
