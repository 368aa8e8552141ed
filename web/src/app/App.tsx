/** Decides what anybody sees at all: the product gate, then the session, then the views. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { refresh, restoreSession } from "~/api/session";
import type { ProductStatus } from "~/api/types";
import { Mark } from "~/components/Mark";
import { At } from "~/components/Time";
import { forgetLastState } from "~/realtime/lastState";
import { live } from "~/realtime/store";
import classes from "./App.module.css";
import { usePreferences } from "./preferences";
import { PATHS_BEFORE_SESSION } from "./paths";
import { configQuery, productQuery, queryClient } from "./queries";
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

  // Whoever signs in next must not see what this person saw.
  useEffect(() => {
    if (session.kind !== "signedOut") return;
    live.clear();
    forgetLastState();
    queryClient.removeQueries({ predicate: ({ queryKey }) => !isPublic(queryKey[0]) });
  }, [session.kind]);

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
  return <Shell isUnreachable={isUnreachable} />;
}

function isPublic(key: unknown): boolean {
  return key === configQuery.queryKey[0] || key === productQuery("").queryKey[0];
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
