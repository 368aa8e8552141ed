import { expect, it } from "vitest";
import { samplePosition, sampleProfile } from "~/realtime/samples";
import { totalsOf } from "./totals";

it("sums exactly, and never across currencies", () => {
  const euro = { ...sampleProfile, id: "prf_2", capital: { currency: "EUR", allocated: "1" } };
  const other = {
    ...sampleProfile,
    id: "prf_3",
    equity: "0.10",
    dayProfit: "-0.30",
    openRisk: "0.30",
  };
  const stop = { level: "90", kind: "stopLoss" as const };
  const positions = [
    { ...samplePosition, stop },
    { ...samplePosition, tradeId: "trd_2", stop },
    { ...samplePosition, tradeId: "trd_3", profileId: "prf_2" },
  ];
  const [dollars, euros] = totalsOf([sampleProfile, euro, other], positions);
  expect(dollars).toMatchObject({
    currency: "USD",
    equity: "10000.10",
    dayProfit: "-0.30",
    openRisk: "0.30",
    unprotected: 0,
    positions: 2,
  });
  expect(euros).toMatchObject({ currency: "EUR", openRisk: "0", unprotected: 1 });
});

it("counts a short without a stop of its own, though it is liquidated somewhere", () => {
  const stop = { level: "282.32", kind: "liquidation" as const };
  const short = { ...samplePosition, direction: "short" as const, stop };
  expect(totalsOf([sampleProfile], [short])[0]).toMatchObject({ unprotected: 1, positions: 1 });
});
