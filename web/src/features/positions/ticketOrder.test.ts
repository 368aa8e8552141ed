import { describe, expect, it } from "vitest";
import { sampleProfile, sampleState } from "~/realtime/samples";
import { asPreviewed, orderOf, type TicketFields } from "./ticketOrder";

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
