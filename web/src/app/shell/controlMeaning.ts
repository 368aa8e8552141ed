/** What each state of the trading control means for profiles. */
import type { Control } from "~/api/types";

export const CONTROL_MEANING: Record<Control["mode"], string> = {
  RUNNING: "Profiles may enter trades.",
  PAUSED: "No entries. Exits, stop-loss and take-profit go on.",
  HALTED: "No entries, and working entry orders are cancelled. Exits go on.",
  UNKNOWN: "Nobody can tell what is stopped, so nothing enters. Exits go on.",
};
