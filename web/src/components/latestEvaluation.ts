/** The latest evaluation of a profile in the words of now: what it says may have been overtaken. */
import type { Control, EvaluationRow, ProfileRow } from "~/api/types";
import { decisionWord, holdWord, profileState } from "~/format/words";
import { useControl, useOrders, usePositions } from "~/realtime/hooks";
import type { Tone } from "./Badge";

export interface Told {
  badge: string;
  tone: Tone;
  text: string;
}

type Standing = Pick<ProfileRow, "state" | "enters" | "timeframe">;

/** An evaluation as it was made, as of all that are not the latest. */
export function toldThen({ decision, hold, text }: EvaluationRow): Told {
  return decision === "hold"
    ? { badge: holdWord(hold), tone: "neutral", text }
    : { badge: decisionWord(decision), tone: "accent", text };
}

/** `isEntered` where the entry that was decided is at the venue already, or filled. */
export function toldNow(
  evaluation: EvaluationRow,
  { state, enters, timeframe }: Standing,
  mode: Control["mode"] | undefined,
  isEntered: boolean,
): Told {
  const { decision, hold } = evaluation;
  const isRunning = state === "running";
  if (isRunning && (hold === "stopped" || hold === "underReview")) {
    const text = `Started since then: it decides again when the next ${timeframe} bar closes.`;
    return { badge: "Started", tone: "neutral", text };
  }
  if (!isRunning && hold === "catchingUp") {
    const badge = profileState(state);
    const text = `${badge}: it makes no entries until somebody starts it.`;
    return { badge, tone: "neutral", text };
  }
  const entry = ENTRIES[decision];
  if (!isRunning || entry === undefined || isEntered) return toldThen(evaluation);
  if (enters && mode === "RUNNING") {
    const told = toldThen(evaluation);
    return evaluation.refusal === undefined ? told : { ...told, badge: `Would enter ${entry}` };
  }
  const would = `Would enter ${entry}, but ${STOPPED_WORDS[mode ?? "UNKNOWN"]}.`;
  return decision.startsWith("reverse")
    ? { badge: decisionWord("exit"), tone: "accent", text: `Leaves the position. ${would}` }
    : { badge: `Would enter ${entry}`, tone: "neutral", text: would };
}

export function useToldNow(profile: ProfileRow, evaluation: EvaluationRow | undefined) {
  const mode = useControl()?.mode;
  const positions = usePositions();
  const orders = useOrders();
  if (evaluation === undefined) return undefined;
  const { symbol, decision } = evaluation;
  const isOwn = (row: { profileId: string; symbol: string; direction?: string }) =>
    row.profileId === profile.id && row.symbol === symbol && row.direction === ENTRIES[decision];
  const isEntered =
    positions.some(isOwn) ||
    orders.some((order) => order.working && order.purpose === "enter" && isOwn(order));
  return toldNow(evaluation, profile, mode, isEntered);
}

const ENTRIES: Partial<Record<EvaluationRow["decision"], "long" | "short">> = {
  enterLong: "long",
  enterShort: "short",
  reverseLong: "long",
  reverseShort: "short",
};

const STOPPED_WORDS: Record<Control["mode"], string> = {
  // Trading runs, and this profile may only leave what it holds.
  RUNNING: "it may only leave what it holds",
  PAUSED: "trading is paused",
  HALTED: "trading is halted",
  UNKNOWN: "nobody can tell whether trading is stopped",
};
