/** Codes in the words of a trader. */
import type { EvaluationRow, OrderRow, ProfileRow } from "~/api/types";

/** Of problems; what a refusal says ends with what would change it. */
const REMEDIES: Record<string, string> = {
  idempotencyInProgress: "It is still being worked on; look at the orders in a moment.",
  preconditionFailed: "Load the newer version, then make your change again.",
};

/** What to do about a problem, where its sentence does not say. */
export function remedyOf(code: string): string | undefined {
  return REMEDIES[code];
}

const ORDER_STATUS: Record<OrderRow["status"], string> = {
  pendingSubmit: "Being sent",
  accepted: "Working",
  partiallyFilled: "Partly filled",
  pendingCancel: "Being cancelled",
  unknown: "Being clarified",
  filled: "Filled",
  cancelled: "Cancelled",
  rejected: "Rejected by the venue",
  expired: "Expired",
  voided: "Not sent",
};
export const orderStatus = (status: OrderRow["status"]): string => ORDER_STATUS[status];

const ORDER_TYPE: Record<OrderRow["type"], string> = {
  market: "Market",
  limit: "Limit",
  stop: "Stop",
  stop_limit: "Stop limit",
  trailing_stop: "Trailing stop",
};
export const orderType = (type: OrderRow["type"]): string => ORDER_TYPE[type];

const PROFILE_STATE: Record<ProfileRow["state"], string> = {
  running: "Running",
  stopped: "Stopped",
  underReview: "Under review",
};
export const profileState = (state: ProfileRow["state"]): string => PROFILE_STATE[state];

const DECISIONS: Record<EvaluationRow["decision"], string> = {
  enterLong: "Signal: enter long",
  enterShort: "Signal: enter short",
  exit: "Signal: exit",
  reverseLong: "Signal: reverse to long",
  reverseShort: "Signal: reverse to short",
  hold: "Wait",
};
export const decisionWord = (decision: EvaluationRow["decision"]): string => DECISIONS[decision];

const HOLDS: Record<string, string> = {
  notReady: "Warming up",
  rangeNotReady: "Warming up",
  noEntry: "Waiting for an entry",
  noExit: "Holding",
  conflict: "Both entries are true",
  orderWorking: "An order is working",
  sessionClosed: "Session closed",
  stopped: "Stopped",
  underReview: "Under review",
  catchingUp: "Catching up",
};
export const holdWord = (hold: string | undefined): string =>
  hold === undefined ? "Waiting" : (HOLDS[hold] ?? "Waiting");

/** An account of the ledger. */
export const accountWord = (account: string): string =>
  account === "realizedPnl" ? "Realised profit" : spoken(account);

/** Why a trade or a part of it was left. */
export const exitWord = (reason: string): string => EXITS[reason] ?? spoken(reason);

const EXITS: Record<string, string> = {
  manual: "By hand",
  dust: "Remainder written off",
  cash_in_lieu: "Fraction paid out",
};

/** What happened to a trade, by the journal's own names. */
const EVENTS: Record<string, string> = {
  intentAccepted: "Ordered",
  signalRefused: "Refused",
  orderAccepted: "With the venue",
  orderFilled: "Filled",
  orderDone: "Order done",
  orderUnknown: "Being clarified",
  cancelRequested: "Cancel asked for",
  amendmentRequested: "Change asked for",
  orderAmended: "Changed",
  amendmentRejected: "Not changed",
  protectionPlaced: "Protected",
  targetsMoved: "Targets set",
  barHeld: "Held",
  fillCorrected: "Fill corrected",
  dustClosed: "Remainder written off",
  excursionsKnown: "Best and worst",
};

export const eventWord = (type: string): string => EVENTS[type] ?? spoken(type);

/** What a line of a profile's timeline is about. */
export const TIMELINE_KINDS: Record<string, string> = {
  evaluation: "Evaluated",
  refusal: "Refused",
  status: "Status",
  document: "Edited",
  order: "Order",
  fill: "Fill",
  stop: "Stop and targets",
  excursion: "Best and worst",
  corporateAction: "Corporate action",
  lock: "Lock",
  limit: "Limits",
  review: "Under review",
};

export const timelineKind = (kind: string): string => TIMELINE_KINDS[kind] ?? spoken(kind);

/** `stopLoss` or `stop_loss` as "Stop loss". */
export function spoken(code: string): string {
  const words = code
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return capital(words);
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const plural = (amount: number, one: string, many = `${one}s`): string =>
  `${amount} ${amount === 1 ? one : many}`;
