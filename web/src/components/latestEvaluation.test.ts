import { describe, expect, it } from "vitest";
import type { EvaluationRow } from "~/api/types";
import { sampleProfile } from "~/realtime/samples";
import { toldNow } from "./latestEvaluation";

const evaluation = (changes: Partial<EvaluationRow>): EvaluationRow => ({
  profileId: "prf_1",
  symbol: "BTC/USD",
  at: "2026-01-01T00:00:00Z",
  decision: "hold",
  text: "As the server said it.",
  rules: [],
  ...changes,
});
const stopped = { ...sampleProfile, state: "stopped" as const, enters: false };

describe("the latest evaluation", () => {
  it("is overtaken when its profile was started since", () => {
    const made = evaluation({ hold: "stopped" });
    expect(toldNow(made, sampleProfile, "RUNNING", false).text).toBe(
      "Started since then: it decides again when the next 5s bar closes.",
    );
    expect(toldNow(made, stopped, "RUNNING", false).text).toBe(made.text);
  });

  it("does not catch up while its profile is stopped", () => {
    const made = evaluation({ hold: "catchingUp" });
    expect(toldNow(made, stopped, "RUNNING", false)).toMatchObject({
      badge: "Stopped",
      text: "Stopped: it makes no entries until somebody starts it.",
    });
    expect(toldNow(made, sampleProfile, "RUNNING", false).badge).toBe("Catching up");
  });

  it("enters nothing while entries are stopped", () => {
    const made = evaluation({ decision: "enterLong" });
    expect(toldNow(made, sampleProfile, "PAUSED", false)).toMatchObject({
      badge: "Would enter long",
      text: "Would enter long, but trading is paused.",
    });
    expect(toldNow(made, sampleProfile, "HALTED", false).text).toMatch(/trading is halted/);
    const leaving = { ...sampleProfile, enters: false };
    expect(toldNow(made, leaving, "RUNNING", false).text).toMatch(/may only leave/);
    const turn = evaluation({ decision: "reverseShort" });
    expect(toldNow(turn, sampleProfile, "PAUSED", false)).toMatchObject({
      badge: "Signal: exit",
      text: "Leaves the position. Would enter short, but trading is paused.",
    });
  });

  it("would enter what the gate has refused, in the server's words", () => {
    const refused = { ...evaluation({ decision: "enterLong" }), refusal: "insufficientCapital" };
    expect(toldNow(refused, sampleProfile, "RUNNING", false)).toMatchObject({
      badge: "Would enter long",
      text: refused.text,
    });
  });

  it("is as it was said while entries are made, and once this one was", () => {
    const made = evaluation({ decision: "enterLong" });
    expect(toldNow(made, sampleProfile, "RUNNING", false).badge).toBe("Signal: enter long");
    expect(toldNow(made, sampleProfile, "PAUSED", true).badge).toBe("Signal: enter long");
  });
});
