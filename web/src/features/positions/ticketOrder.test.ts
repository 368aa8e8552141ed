import { describe, expect, it } from "vitest";
import { sampleProfile, sampleState } from "~/realtime/samples";
import { ApiProblem } from "~/api/problem";
import { faultsOf, ticketFaults } from "./ticketFaults";
import { asPair, asPreviewed, expectedFill, orderOf, type TicketFields } from "./ticketOrder";

const fields: TicketFields = {
  symbol: "BTC/USD",
  side: "sell",
  type: "market",
  sizeBy: "quantity",
  size: "0.5",
  limitPrice: "",
  stopPrice: "",
  trailDistance: "",
  timeInForce: "gtc",
  stopLoss: "",
  takeProfit: "",
  reduceOnly: false,
};

describe("the order of a ticket", () => {
  const { order } = orderOf(fields, sampleProfile, sampleState.symbols["BTC/USD"]);
  if (order === undefined) throw new Error("the fields are an order");

  it("can only reduce once the gate has said that it leaves a position", () => {
    expect(order.reduceOnly).toBeUndefined();
    expect(asPreviewed(order, { effect: "exit" })).toEqual({ ...order, reduceOnly: true });
  });

  it("is as written when it enters", () => {
    expect(asPreviewed(order, { effect: "enter" })).toEqual(order);
  });
});

describe("two orders of which the first to fill cancels the other", () => {
  const pair = asPair({ ...fields, reduceOnly: true, stopLoss: "2 %" });
  const other = pair.other ?? pair;
  const waits: TicketFields = {
    ...pair,
    limitPrice: "120",
    other: { ...other, side: "buy", stopPrice: "90" },
  };
  const asked = (changes: Partial<TicketFields>) =>
    orderOf({ ...pair, ...changes }, sampleProfile, sampleState.symbols["BTC/USD"]);

  it("wait for prices on either side, and neither only reduces", () => {
    expect([pair.type, pair.other?.type, pair.reduceOnly]).toEqual(["limit", "stop", false]);
    expect(asPair({ ...fields, type: "stop" }).other?.type).toBe("limit");
    expect(pair.other).toMatchObject({ size: "0.5", stopLoss: "2 %", side: "sell" });
  });

  it("are asked for together", () => {
    expect(asked(waits).order).toEqual({
      profileId: "prf_1",
      symbol: "BTC/USD",
      side: "sell",
      type: "limit",
      quantity: "0.5",
      limitPrice: "120",
      timeInForce: "gtc",
      stopLoss: { percent: "2" },
      oco: {
        entry: {
          side: "buy",
          type: "stop",
          quantity: "0.5",
          stopPrice: "90",
          timeInForce: "gtc",
          stopLoss: { percent: "2" },
        },
      },
    });
  });

  it("say which of them lacks something, or is wrong", () => {
    expect(asked({}).missing).toBe("Write the price that the order waits for.");
    expect(asked({ limitPrice: "120" }).missing).toBe(
      "The other order: Write the price that the order waits for.",
    );
    const wrong = { ...pair, limitPrice: "-1", other: { ...other, stopPrice: "x" } };
    const { first, other: second } = ticketFaults(wrong, null);
    expect([first.limitPrice, second.stopPrice]).toEqual([
      "Must be above zero.",
      "x is not a number; write digits such as 0.25.",
    ]);
  });

  it("have what the server says of each at its own fields", () => {
    const errors = [
      { field: "limitPrice", message: "must be above zero" },
      { field: "oco.entry.quantity", message: "must be above zero" },
      { field: "oco.entry.type", message: "is of another kind" },
    ];
    const problem = new ApiProblem({ title: "", status: 422, code: "invalid", detail: "", errors });
    const told = ticketFaults(pair, problem);
    expect(told.first).toEqual({ limitPrice: "It must be above zero." });
    expect(told.other).toEqual({ size: "It must be above zero." });
    expect(told.placed).toEqual(["limitPrice", "oco.entry.quantity"]);
  });
});

describe("what is wrong in a ticket", () => {
  const faults = (changes: Partial<TicketFields>) => faultsOf({ ...fields, ...changes });

  it("is said at the field, and nothing is asked for", () => {
    expect(faults({ size: "abc" })).toEqual({
      size: "abc is not a number; write digits such as 0.25.",
    });
    for (const size of ["1e3", "NaN"]) expect(faults({ size }).size).toMatch(/is not a number/);
    for (const size of ["0", "-1", "0,00"]) {
      expect(faults({ size })).toEqual({ size: "Must be above zero." });
    }
    expect(faults({ size: "1".repeat(40) }).size).toBe("Has too many digits.");
    expect(faults({ stopLoss: "-5" })).toEqual({ stopLoss: "Must be above zero." });
    expect(faults({ takeProfit: "two" }).takeProfit).toMatch(/write a price, or 2 %/);
    expect(faults({ stopLoss: "100 %" })).toEqual({ stopLoss: "Must be below 100 %." });
    expect(faults({ takeProfit: "100 %" })).toEqual({ takeProfit: "Must be below 100 %." });
    expect(faults({ side: "buy", takeProfit: "250 %" })).toEqual({});
    expect(faults({ side: "buy", stopLoss: "100 %" }).stopLoss).toBe("Must be below 100 %.");
    expect(faults({ side: "buy", takeProfit: "100000 %" }).takeProfit).toMatch(/below 100,000 %/);
    const wrong = { ...fields, stopLoss: "0" };
    const { order, missing } = orderOf(wrong, sampleProfile, sampleState.symbols["BTC/USD"]);
    expect([order, missing]).toEqual([undefined, "Correct what is marked above."]);
  });

  it("is only of prices that the type of order has, and not of what is empty", () => {
    expect(faults({ limitPrice: "x", size: "", stopLoss: " " })).toEqual({});
    expect(faults({ type: "limit", limitPrice: "0" }).limitPrice).toBe("Must be above zero.");
    expect(faults({ stopLoss: "2,5 %", takeProfit: "105" })).toEqual({});
  });
});

describe("where an entry is expected to fill", () => {
  it("is at the market where its price has been passed", () => {
    const cases = [
      ["buy", {}, "100"],
      ["buy", { stopPrice: "110" }, "110"],
      ["buy", { stopPrice: "90" }, "100"],
      ["sell", { stopPrice: "110" }, "100"],
      ["buy", { limitPrice: "90" }, "90"],
      ["buy", { limitPrice: "120" }, "100"],
      ["sell", { limitPrice: "1" }, "100"],
      ["buy", { stopPrice: "90", limitPrice: "95" }, "95"],
    ] as const;
    for (const [side, prices, expected] of cases) {
      expect(expectedFill(prices, "100", side)).toBe(expected);
    }
    expect(expectedFill({ stopPrice: "90" }, undefined, "buy")).toBe("90");
  });
});
