/** Who is signed in, for components. */
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { EVERYBODY, sessionState, subscribeSession, type SessionState } from "~/api/session";
import type { FeatureFlags, User } from "~/api/types";
import { flagsQuery } from "./queries";

export function useSession(): SessionState {
  return useSyncExternalStore(subscribeSession, sessionState);
}

export function useUser(): User | undefined {
  const session = useSession();
  return session.kind === "signedIn" ? session.user : undefined;
}

/** Whether whoever is here has an account of their own: nobody has while sign-in is off. */
export function useHasAccount(): boolean {
  return useUser() !== EVERYBODY;
}

/** What this deployment lets this person use; undefined until it is known. */
export function useFlags(): FeatureFlags | undefined {
  return useQuery({ ...flagsQuery, enabled: useUser() !== undefined }).data;
}
