/** Decides what anybody sees at all: the product gate, then the session, then the views. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { refresh, restoreSession, type SessionState } from "~/api/session";
import type { ProductStatus } from "~/api/types";
import { Mark } from "~/components/Mark";
import { At } from "~/components/Time";
import classes from "./App.module.css";
import { usePreferences } from "./preferences";
import { PATHS_BEFORE_SESSION } from "./paths";
import { configQuery, productQuery } from "./queries";
import { Shell } from "./shell/Shell";
import { useSession } from "./useSession";

const RETRY_MS = 5_000;

export function App() {
  useProfitColours();
  const session = useSession();
  const gate = useProductGate();
  const location = useRouterState({ select: ({ location: current }) => current });
  const isUnreachable = session.kind === "unreachable";

  useEffect(() => void restoreSession(), []);
  useEffect(() => {
    if (!isUnreachable) return;
    const timer = setInterval(() => void refresh(), RETRY_MS);
    return () => clearInterval(timer);
  }, [isUnreachable]);

  const userId = useTellingOfOthers(session);

  if (gate !== undefined && gate.status !== "active") return <Gate gate={gate} />;
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
  return <Shell key={userId} isUnreachable={isUnreachable} />;
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

function useProductGate(): ProductStatus | undefined {
  const { data: config } = useQuery(configQuery);
  const productId = config?.productId;
  return useQuery({ ...productQuery(productId ?? ""), enabled: productId !== undefined }).data;
}

function useProfitColours(): void {
  const { profitColours } = usePreferences();
  useEffect(() => {
    document.documentElement.dataset.profitColours = profitColours;
  }, [profitColours]);
}

function Gate({ gate }: { gate: ProductStatus }) {
  const isMaintenance = gate.status === "maintenance";
  return (
    <Notice title={isMaintenance ? "Under maintenance" : "Switched off"}>
      <p>
        {gate.message ??
          (isMaintenance ? "Ballast will be back soon." : "Ballast is not available.")}
      </p>
      {gate.until === undefined ? null : (
        <p className="muted">
          Expected back: <At at={gate.until} />
        </p>
      )}
      <p className="muted">This page comes back by itself; it asks every 30 seconds.</p>
      <Button variant="default" onClick={() => window.location.reload()}>
        Ask now
      </Button>
    </Notice>
  );
}

function Launch() {
  return (
    <div className={classes.launch} role="status" aria-label="Starting">
      <Mark size={36} />
    </div>
  );
}

function Notice({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={classes.notice}>
      <Mark size={36} />
      <h1>{title}</h1>
      {children}
    </main>
  );
}
