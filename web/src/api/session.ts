/**
 * Who is signed in. The access token lives in memory only; the refresh token is an http-only
 * cookie that no script reads. Of several tabs one refreshes, and tells the others.
 */
import { platformUrl, tradingUrl } from "./addresses";
import { freshRequestId } from "./identifiers";
import { ApiProblem, problemOf, unreachable } from "./problem";
import { isSignOutPending, setSignOutPending } from "./signOutPending";
import type { PublicConfig, TokenAnswer, User } from "./types";

export type SessionState =
  | { kind: "restoring" }
  | { kind: "signedOut"; reason?: string }
  | { kind: "signedIn"; user: User }
  /** The server cannot be asked; what was seen last may be shown. */
  | { kind: "unreachable" };

interface Token {
  accessToken: string;
  expiresAt: number;
  user: User;
}
type TabMessage = { type: "token"; token: Token } | { type: "signedOut"; reason?: string };

/** Whoever is here while sign-in is switched off. */
export const EVERYBODY: User = {
  id: "everybody",
  email: "",
  emailVerified: false,
  roles: ["user"],
  createdAt: "",
};

/** Soon enough after a lost answer for the server to let the cookie before pass once more. */
const RETRY_MS = 2_000;
const LATER_RETRY_MS = 10_000;
const SPREAD_MS = 5_000;
const REFRESH_AHEAD_MS = 60_000;
const SIGN_OUT_AGAIN_MS = 5_000;
// A sign-in waits for it.
const SIGN_OUT_PATIENCE_MS = 5_000;
// Several servers may share an origin: each has its own tabs.
const LOCK = `ballast-refresh ${platformUrl}`;

let state: SessionState = { kind: "restoring" };
let failures = 0;
let token: Token | undefined;
let timer: number | undefined;
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();
const forgetters = new Set<() => void>();
const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(LOCK);

tabs?.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
  if (data.type === "token") adopt(data.token);
  else forget(data.reason);
});

export function sessionState(): SessionState {
  return state;
}

export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Hears at once when what was shown so far is no longer for whoever sits here: after signing out,
 * and when another user has signed in, here or in another tab of this browser.
 */
export function onUserGone(forget: () => void): () => void {
  forgetters.add(forget);
  return () => forgetters.delete(forget);
}

/** Whose session it is; undefined before one is known. */
export function userId(): string | undefined {
  return token?.user.id;
}

/** A token that is good for a while, refreshed first when it is not. */
export async function accessToken(): Promise<string | undefined> {
  if (token !== undefined && token.expiresAt - Date.now() < 5_000) await refresh();
  return token?.accessToken;
}

/** Takes up the session of the refresh cookie, if there is one that nobody has left. */
export async function restoreSession(): Promise<void> {
  if (isSignOutPending()) await finishSignOut();
  else if (token === undefined) await refresh();
}

/**
 * Signs out: here at once, at the server as soon as it is reached. Until then its cookie could
 * bring the session back, so that none is taken up from it.
 */
export async function leave(): Promise<void> {
  const bearer = token?.accessToken;
  setSignOutPending(true);
  endSession();
  await finishSignOut(bearer);
}

/** Tells the server of a sign-out that it does not know of yet, and again until it does. */
export async function finishSignOut(bearer?: string): Promise<void> {
  window.clearTimeout(timer);
  const wasTold = await locked(async () => !isSignOutPending() || (await tellSignOut(bearer)));
  if (!wasTold) {
    timer = window.setTimeout(() => void finishSignOut(), SIGN_OUT_AGAIN_MS);
    change({ kind: "signedOut", reason: "signOutPending" });
    return;
  }
  const wasSaid = state.kind === "signedOut" && state.reason === "signOutPending";
  if (wasSaid) change({ kind: "signedOut", reason: "signOutDone" });
  else if (state.kind === "restoring") change({ kind: "signedOut" });
}

async function tellSignOut(bearer: string | undefined): Promise<boolean> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "x-request-id": freshRequestId(),
  };
  if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
  const address = `${platformUrl}/platform/api/auth/logout`;
  const signal = AbortSignal.timeout(SIGN_OUT_PATIENCE_MS);
  const asked = { method: "POST", credentials: "include", headers, body: "{}", signal } as const;
  const answer = await fetch(address, asked).catch(() => undefined);
  if (answer?.ok !== true) return false;
  setSignOutPending(false);
  return true;
}

/** Starts a session from what a sign-in has answered. */
export function beginSession(answer: TokenAnswer): void {
  const begun = tokenOf(answer);
  // Its cookie has replaced the one of the session that was left.
  setSignOutPending(false);
  adopt(begun);
  tabs?.postMessage({ type: "token", token: begun } satisfies TabMessage);
}

/** Ends the session in every tab of this browser. */
export function endSession(reason?: string): void {
  forget(reason);
  tabs?.postMessage({ type: "signedOut", reason } satisfies TabMessage);
}

/** Exchanges the refresh cookie for a new access token, once for all tabs. */
export function refresh(): Promise<void> {
  refreshing ??= refreshLocked().finally(() => (refreshing = undefined));
  return refreshing;
}

async function refreshLocked(): Promise<void> {
  const before = token?.accessToken;
  const ask = async (): Promise<void> => {
    // Another tab may have refreshed while this one waited for the lock.
    if (token !== undefined && token.accessToken !== before) return;
    if (!isSignOutPending()) await askForToken();
  };
  await locked(ask);
}

/** One tab at a time changes the cookie. */
async function locked<T>(work: () => Promise<T>): Promise<T> {
  // Locks exist only where the page is served securely.
  const locks = navigator.locks as LockManager | undefined;
  return locks === undefined ? work() : await locks.request(LOCK, work);
}

async function askForToken(): Promise<void> {
  const requestId = freshRequestId();
  try {
    const response = await fetch(`${platformUrl}/platform/api/auth/refresh`, {
      method: "POST",
      credentials: "include",
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: "{}",
    }).catch(() => {
      throw unreachable(requestId);
    });
    if (response.ok) beginSession((await response.json()) as TokenAnswer);
    else if (response.status === 404) await enterWithoutAccounts(requestId);
    else throw await problemOf(response);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.isUnreachable || isPassing(error.status)) {
      if (token === undefined) change({ kind: "unreachable" });
      else schedule(failures++ === 0 ? RETRY_MS : LATER_RETRY_MS);
      return;
    }
    endSession(wasSignedIn() ? error.code : undefined);
  }
}

/** The server keeps no accounts: everybody is one user, or an authority elsewhere knows people. */
async function enterWithoutAccounts(requestId: string): Promise<void> {
  const headers = { "x-request-id": requestId };
  const response = await fetch(`${tradingUrl}/api/config`, { headers }).catch(() => {
    throw unreachable(requestId);
  });
  if (!response.ok) throw await problemOf(response);
  const { signIn } = (await response.json()) as PublicConfig;
  change(signIn === "off" ? { kind: "signedIn", user: EVERYBODY } : { kind: "signedOut" });
}

/** Trouble of the server or of what stands before it, which says nothing about the session. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function wasSignedIn(): boolean {
  return token !== undefined;
}

function tokenOf(answer: TokenAnswer): Token {
  const { accessToken, expiresIn, user } = answer;
  return { accessToken, expiresAt: Date.now() + expiresIn * 1000, user };
}

function adopt(adopted: Token): void {
  // What was kept for the time without a server may be anybody's.
  const isOther =
    token === undefined ? state.kind === "unreachable" : token.user.id !== adopted.user.id;
  token = adopted;
  // Before anything is drawn for the other user, and before anything more comes for the former.
  if (isOther) forgetUser();
  failures = 0;
  // Tabs that were opened together do not all come at the same instant.
  const ahead = REFRESH_AHEAD_MS + Math.random() * SPREAD_MS;
  schedule(Math.max(adopted.expiresAt - Date.now() - ahead, 1_000));
  if (state.kind === "signedIn" && isSame(state.user, adopted.user)) notify();
  else change({ kind: "signedIn", user: adopted.user });
}

function isSame(one: User, other: User): boolean {
  return one.id === other.id && String(one.roles) === String(other.roles);
}

function forget(reason?: string): void {
  token = undefined;
  window.clearTimeout(timer);
  forgetUser();
  change({ kind: "signedOut", reason });
}

function forgetUser(): void {
  for (const each of forgetters) each();
}

function schedule(delayMs: number): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void refresh(), delayMs);
}

function change(next: SessionState): void {
  state = next;
  notify();
}

function notify(): void {
  for (const listener of listeners) listener();
}
