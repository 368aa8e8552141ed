/** What each state of the trading control means for profiles. */
import type { Control } from "~/api/types";
import type { Tone } from "~/components/Badge";

export const CONTROL_MEANING: Record<Control["mode"], string> = {
  RUNNING: "Profiles may enter trades.",
  PAUSED: "No entries. Exits, stop-loss and take-profit go on.",
  HALTED: "No entries, and working entry orders are cancelled. Exits go on.",
  UNKNOWN: "Nobody can tell what is stopped, so nothing enters. Exits go on.",
};

export const CONTROL_TONES: Record<Control["mode"], Tone> = {
  RUNNING: "good",
  PAUSED: "warning",
  HALTED: "critical",
  UNKNOWN: "critical",
};

/** A reason in its own words, at the end of a sentence. */
export function quoted(reason: string): string {
  return /[.!?…]$/.test(reason) ? `“${reason}”` : `“${reason}”.`;
}
