/**
 * What was seen last, kept by the browser for the time when the server cannot be reached. It is
 * shown with its age, never acted upon, and forgotten at sign-out.
 */
import { onUserGone } from "~/api/session";
import { tradingUrl } from "~/api/addresses";
import type { BotState } from "~/api/types";
import { goOffline } from "./connection";
import { live } from "./store";

// Several servers may share an origin.
const KEY = `ballast.lastState ${tradingUrl}`;
const KEEP_EVERY_MS = 30_000;

interface Kept {
  state: BotState;
  /** By this browser's clock, in milliseconds. */
  heardAt: number;
}

/** Keeps what is shown from time to time and when the page is left. */
export function keepLastState(): () => void {
  const timer = setInterval(keep, KEEP_EVERY_MS);
  window.addEventListener("pagehide", keep);
  return () => {
    clearInterval(timer);
    window.removeEventListener("pagehide", keep);
  };
}

/** Shows what was kept. */
export function showLastState(): void {
  const kept = read();
  if (kept !== undefined && live.state.seq < 0) live.receive({ type: "state", ...kept });
  goOffline(kept?.heardAt ?? Date.now());
}

onUserGone(() => {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept where nothing can be.
  }
});

function keep(): void {
  const { seq, tenantId, health, healthAt, control, settings, symbols } = live.state;
  if (seq < 0 || health === undefined || control === undefined || settings === undefined) return;
  const { profiles, orders, positions, trades, alerts, at } = live.state;
  const state: BotState = {
    tenantId,
    seq,
    at: at ?? new Date().toISOString(),
    health,
    control,
    settings,
    symbols,
    profiles: Object.values(profiles),
    orders: Object.values(orders),
    positions: Object.values(positions),
    trades: Object.values(trades),
    alerts: Object.values(alerts),
  };
  try {
    localStorage.setItem(KEY, JSON.stringify({ state, heardAt: healthAt } satisfies Kept));
  } catch {
    // A full or forbidden storage only means that nothing is shown offline.
  }
}

function read(): Kept | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? undefined : (JSON.parse(text) as Kept);
  } catch {
    return undefined;
  }
}
