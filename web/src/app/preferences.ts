/** What a person has chosen for this browser. */
import { useSyncExternalStore } from "react";

export interface Preferences {
  profitColours: "teal" | "green";
  timeZone: string;
  sidebarFolded: boolean;
  activityOpen: boolean;
  /** Whether single keys such as "n" do something. */
  shortcuts: boolean;
}

const KEY = "ballast.preferences";

/** The zone of this machine. */
export const systemTimeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const DEFAULTS: Preferences = {
  profitColours: "teal",
  timeZone: systemTimeZone,
  sidebarFolded: false,
  activityOpen: false,
  shortcuts: true,
};

const listeners = new Set<() => void>();
let chosen: Partial<Preferences> = stored();
let current: Preferences = { ...DEFAULTS, ...chosen };

export function preferences(): Preferences {
  return current;
}

export function changePreferences(changes: Partial<Preferences>): void {
  chosen = { ...chosen, ...changes };
  current = { ...DEFAULTS, ...chosen };
  try {
    // Only what was chosen: a default such as the machine's zone may change.
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // A browser that stores nothing keeps the choice until the page is left.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}
