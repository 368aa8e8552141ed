/** Addresses that make sense to somebody who is not signed in. */
export const PATHS_BEFORE_SESSION: readonly string[] = [
  "/sign-in",
  "/register",
  "/first-administrator",
  "/forgot",
  "/reset-password",
  "/verify-email",
];
