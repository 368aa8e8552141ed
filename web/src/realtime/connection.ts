/**
 * Keeps the store fed: by the socket; while that is away by asking every few seconds; and while
 * that fails too, by what was seen last, with its age.
 */
import type { Socket } from "socket.io-client";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import { onUserGone } from "~/api/session";
import type {
  AlertRow,
  BacktestProgress,
  BotState,
  Control,
  EvaluationRow,
  Health,
  Marks,
  Tick,
  Update,
} from "~/api/types";
import { openSocket, type LastingSocket } from "./socket";
import { live } from "./store";

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "reconnecting"; since: number }
  | { kind: "degraded"; since: number }
  | { kind: "offline"; since: number };

const DEGRADED_AFTER_MS = 4_000;
const POLL_MS = 3_000;

let state: ConnectionState = { kind: "connecting" };
let socket: LastingSocket | undefined;
let polling: AbortController | undefined;
const listeners = new Set<() => void>();
const progressListeners = new Set<(progress: BacktestProgress) => void>();

export function connectionState(): ConnectionState {
  return state;
}

export function subscribeConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hears how far each back-test has come. */
export function onProgress(heard: (progress: BacktestProgress) => void): () => void {
  progressListeners.add(heard);
  return () => progressListeners.delete(heard);
}

/** Starts; the function that is returned ends it. */
export function connect(): () => void {
  socket = openSocket("/trading", {
    connected: () => {
      stopPolling();
      change({ kind: "live" });
    },
    lost,
    listen,
  });
  const fallback = window.setTimeout(() => {
    if (state.kind === "connecting") poll(Date.now());
  }, DEGRADED_AFTER_MS);
  return () => {
    window.clearTimeout(fallback);
    stopPolling();
    socket?.close();
    socket = undefined;
    change({ kind: "connecting" });
  };
}

/** Says that the server is not reached at all, since then. */
export function goOffline(since: number): void {
  change({ kind: "offline", since });
}

function listen(opened: Socket): void {
  opened.on("state", (said: BotState) => live.receive({ type: "state", state: said }));
  opened.on("event", (event: Update) => live.receive({ type: "event", event }));
  opened.on("tick", (tick: Tick) => live.receive({ type: "tick", tick }));
  opened.on("marks", (marks: Marks) => live.receive({ type: "marks", marks }));
  opened.on("evaluation", (evaluation: EvaluationRow) =>
    live.receive({ type: "evaluation", evaluation }),
  );
  opened.on("health", (health: Health) => live.receive({ type: "health", health }));
  opened.on("control", (control: Control) => live.receive({ type: "control", control }));
  opened.on("alert", (alert: AlertRow) => live.receive({ type: "alert", alert }));
  opened.on("backtestProgress", (progress: BacktestProgress) => {
    for (const heard of progressListeners) heard(progress);
  });
}

// What a question under way would still bring is not for whoever comes next.
onUserGone(() => {
  stopPolling();
  live.clear();
});

live.watch((changed) => {
  if (changed.has("behind") && live.state.behind) socket?.send("resync");
});

function lost(): void {
  if (state.kind !== "live" && state.kind !== "connecting") return;
  const since = Date.now();
  change({ kind: "reconnecting", since });
  window.setTimeout(() => {
    if (state.kind === "reconnecting") poll(since);
  }, DEGRADED_AFTER_MS);
}

function poll(since: number): void {
  stopPolling();
  const { signal } = (polling = new AbortController());
  const ask = async () => {
    try {
      const said = await answerOf(trading.GET("/api/state", { signal }));
      if (signal.aborted) return;
      live.receive({ type: "state", state: said });
      change({ kind: "degraded", since });
    } catch (error) {
      if (signal.aborted) return;
      if (asProblem(error).isUnreachable) change({ kind: "offline", since });
    }
    window.setTimeout(() => signal.aborted || void ask(), POLL_MS);
  };
  void ask();
}

function stopPolling(): void {
  polling?.abort();
}

function change(next: ConnectionState): void {
  state = next;
  for (const listener of listeners) listener();
}
