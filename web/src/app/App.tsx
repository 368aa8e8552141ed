/** Decides what anybody sees at all: the session, the views, and over them the product gate. */
import { notifications } from "@mantine/notifications";
import {
  lazyRouteComponent,
  Navigate,
  Outlet,
  useNavigate,
  useRouterState,
} from "@tanstack/react-router";
import { Suspense, useEffect, useLayoutEffect, useRef } from "react";
import { refresh, type SessionState } from "~/api/session";
import { Launch } from "./Launch";
import { usePreferences } from "./preferences";
import { PATHS_BEFORE_SESSION } from "./paths";
import { ProductGate } from "./ProductGate";
import { useSession } from "./useSession";
import { shellFiles } from "./views";

const RETRY_MS = 5_000;

export const Shell = lazyRouteComponent(shellFiles, "Shell");

export function App() {
  useProfitColours();
  const session = useSession();
  const isUnreachable = session.kind === "unreachable";

  // In its place there is something to see now.
  useLayoutEffect(() => document.getElementById("launch")?.remove(), []);
  useEffect(() => {
    if (!isUnreachable) return;
    const timer = setInterval(() => void refresh(), RETRY_MS);
    return () => clearInterval(timer);
  }, [isUnreachable]);

  return (
    <>
      <Views session={session} />
      <ProductGate />
    </>
  );
}

function Views({ session }: { session: SessionState }) {
  const location = useRouterState({ select: ({ location: current }) => current });
  const userId = useTellingOfOthers(session);
  if (PATHS_BEFORE_SESSION.includes(location.pathname)) {
    const isDone = session.kind === "signedIn" && location.pathname === "/sign-in";
    return isDone ? <Navigate to={location.search.back ?? "/"} replace /> : <Outlet />;
  }
  if (session.kind === "restoring") return <Launch />;
  if (session.kind === "signedOut") {
    const back = location.href === "/" ? undefined : location.href;
    return <Navigate to="/sign-in" search={{ back }} replace />;
  }
  // Forms and views of one user are never taken over by another.
  return (
    <Suspense fallback={<Launch />}>
      <Shell key={userId} isUnreachable={session.kind === "unreachable"} />
    </Suspense>
  );
}

/** Says that somebody else sits here now, when another tab has signed in as another user. */
function useTellingOfOthers(session: SessionState): string | undefined {
  const navigate = useNavigate();
  const user = session.kind === "signedIn" ? session.user : undefined;
  const before = useRef(user?.id);
  useEffect(() => {
    const isOther = before.current !== undefined && user !== undefined;
    const isChanged = before.current !== user?.id;
    before.current = user?.id;
    if (!isOther || !isChanged) return;
    notifications.clean();
    notifications.show({
      title: "Another user has signed in",
      message:
        `Another tab of this browser signed in as ${user.email}, ` +
        "so this one shows their account too.",
      autoClose: false,
    });
    void navigate({ to: "/", replace: true });
  }, [user, navigate]);
  return user?.id;
}

function useProfitColours(): void {
  const { profitColours } = usePreferences();
  useEffect(() => {
    document.documentElement.dataset.profitColours = profitColours;
  }, [profitColours]);
}
