import { describe, expect, it } from "vitest";
import { sampleOrder, samplePosition, sampleProfile, sampleState } from "./samples";
import type { EventMessage, Message } from "./messages";
import { EMPTY, evaluationKey, reduce, type LiveState } from "./reducer";

const event = (seq: number, prevSeq: number, rest: Partial<EventMessage> = {}): Message => ({
  type: "event",
  event: { tenantId: "t", seq, prevSeq, type: "orderFilled", upserts: {}, removes: {}, ...rest },
});

const started = (): LiveState => reduce(EMPTY, [{ type: "state", state: sampleState }]).state;

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
    const tick = (symbol: string, price: string, at: string): Message => ({
      type: "tick",
      tick: { symbol, price, at },
    });
    const { state, changed } = reduce(before, [
      tick("BTC/USD", "101.5", "2026-01-01T00:00:02Z"),
      tick("BTC/USD", "99", "2026-01-01T00:00:01Z"),
      tick("NOPE", "1", "2026-01-01T00:00:02Z"),
    ]);
    expect(state.symbols["BTC/USD"]?.price).toBe("101.5");
    expect([...changed]).toEqual(["symbols/BTC/USD"]);
    expect(state.profiles).toBe(before.profiles);
  });

  it("lays marks over rows it knows, keeping the rest of them", () => {
    const { state } = reduce(started(), [
      {
        type: "marks",
        marks: {
          profiles: [
            { id: "prf_1", equity: "10100" },
            { id: "prf_x", equity: "1" },
          ],
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
