/**
 * Whether somebody has signed out here without the server knowing. It outlives the page, because
 * the cookie of the session, which no script can remove, does so too.
 */
import { platformUrl } from "./addresses";

// Several servers may share an origin.
const KEY = `ballast.signOutPending ${platformUrl}`;

let isPending = false;

export function isSignOutPending(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return isPending;
  }
}

export function setSignOutPending(pending: boolean): void {
  isPending = pending;
  try {
    if (pending) localStorage.setItem(KEY, new Date().toISOString());
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that stores nothing knows until the page is left.
  }
}
