/** What a profile's rules will do at its next close, as far as its latest evaluation tells. */
import type { EvaluationRow, PositionRow, RuleRow } from "~/api/types";

type Evaluated = Pick<EvaluationRow, "decision" | "rules">;
type Direction = PositionRow["direction"];

/** Whether a position of this direction is left, and whether by turning it around. */
export function leavesNext(
  { decision, rules }: Evaluated,
  direction: Direction,
): "exit" | "reversal" | undefined {
  if (tradesBoth(rules)) {
    const turned = direction === "long" ? "reverseShort" : "reverseLong";
    const opposite = direction === "long" ? "entryShort" : "entry";
    if (isTrue(rules, opposite, decision === turned)) return "reversal";
  }
  // A strategy of one direction leaves by the one exit rule that it has.
  const role = direction === "short" && tradesBoth(rules) ? "exitShort" : "exit";
  return isTrue(rules, role, decision === "exit") ? "exit" : undefined;
}

/** Whether it enters where nothing is held: with both entries true it does not. */
export function entersNext({ decision, rules }: Evaluated): boolean {
  const isLong = isTrue(rules, "entry", decision === "enterLong" || decision === "reverseLong");
  const isShort = isTrue(
    rules,
    "entryShort",
    decision === "enterShort" || decision === "reverseShort",
  );
  return isLong !== isShort;
}

const tradesBoth = (rules: readonly RuleRow[]): boolean =>
  rules.some(({ role }) => role === "entryShort" || role === "exitShort");

/**
 * All rules of a role are true, or some are and it was decided by them: how many are needed, the
 * evaluation does not tell.
 */
function isTrue(rules: readonly RuleRow[], role: RuleRow["role"], wasDecided: boolean): boolean {
  const states = rules.filter((rule) => rule.role === role).map(({ state }) => state);
  const isPassed = (state: RuleRow["state"]) => state === "pass";
  if (states.length === 0) return false;
  return wasDecided ? states.some(isPassed) : states.every(isPassed);
}
