import { expect, it } from "vitest";
import type { TradeRow } from "~/api/types";
import { leftBy, lossOf } from "./exits";

const exit = (reason: string) => ({
  reason,
  quantity: "1",
  price: "100",
  at: "2026-01-01T00:00:00Z",
  fee: "0.1",
});

it("says each reason once, in their order", () => {
  const trade = (...reasons: string[]): Pick<TradeRow, "exitReason" | "exits"> => ({
    exitReason: reasons.at(-1) ?? "manual",
    exits: reasons.map(exit),
  });
  expect(leftBy(trade("take_profit", "take_profit", "stop_loss"))).toBe(
    "Take profit, then stop loss",
  );
  expect(leftBy(trade("manual"))).toBe("By hand");
  expect(leftBy({ exitReason: "cash_in_lieu" })).toBe("Fraction paid out");
});

it("shows what went against a trade as a loss, and nothing as nothing", () => {
  expect(lossOf("12.5")).toBe("-12.5");
  expect(lossOf("0.00")).toBe("0.00");
});
