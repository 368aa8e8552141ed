/** Every address of the application, each view loaded when it is first opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { basePath } from "~/api/addresses";
import { App } from "./App";
import { NotFound, RouteFault } from "./RouteFault";
import { VIEW_FILES } from "./views";

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** What addresses may carry beside their path; anything else is dropped. */
export interface Search {
  back?: string;
  tab?: string;
  ticket?: string;
  symbol?: string;
  profile?: string;
  from?: string;
  to?: string;
  day?: string;
  run?: string;
}

const root = createRootRoute({
  component: App,
  notFoundComponent: NotFound,
  errorComponent: RouteFault,
  validateSearch: (search: Record<string, unknown>): Search => ({
    back: text(search.back),
    tab: text(search.tab),
    ticket: text(search.ticket),
    symbol: text(search.symbol),
    profile: text(search.profile),
    from: text(search.from),
    to: text(search.to),
    day: text(search.day),
    run: text(search.run),
  }),
});

const at = <Path extends keyof typeof VIEW_FILES>(path: Path) =>
  ({ getParentRoute: () => root, path }) as const;

const routes = [
  createRoute({
    ...at("/"),
    component: lazyRouteComponent(VIEW_FILES["/"], "HomePage"),
  }),
  createRoute({
    ...at("/strategies"),
    component: lazyRouteComponent(VIEW_FILES["/strategies"], "StrategiesPage"),
  }),
  createRoute({
    ...at("/strategies/new"),
    component: lazyRouteComponent(VIEW_FILES["/strategies/new"], "NewProfilePage"),
  }),
  createRoute({
    ...at("/profiles/$profileId"),
    component: lazyRouteComponent(VIEW_FILES["/profiles/$profileId"], "ProfilePage"),
  }),
  createRoute({
    ...at("/profiles/$profileId/edit"),
    component: lazyRouteComponent(VIEW_FILES["/profiles/$profileId/edit"], "EditProfilePage"),
  }),
  createRoute({
    ...at("/positions"),
    component: lazyRouteComponent(VIEW_FILES["/positions"], "PositionsPage"),
  }),
  // The same page under what it was opened from, so that the way back is shown.
  createRoute({
    ...at("/positions/$tradeId"),
    component: lazyRouteComponent(VIEW_FILES["/positions/$tradeId"], "TradePage"),
  }),
  createRoute({
    ...at("/history"),
    component: lazyRouteComponent(VIEW_FILES["/history"], "HistoryPage"),
  }),
  createRoute({
    ...at("/history/$tradeId"),
    component: lazyRouteComponent(VIEW_FILES["/history/$tradeId"], "TradePage"),
  }),
  createRoute({
    ...at("/backtest"),
    component: lazyRouteComponent(VIEW_FILES["/backtest"], "BacktestPage"),
  }),
  createRoute({
    ...at("/backtest/$backtestId"),
    component: lazyRouteComponent(VIEW_FILES["/backtest/$backtestId"], "RunPage"),
  }),
  createRoute({
    ...at("/alerts"),
    component: lazyRouteComponent(VIEW_FILES["/alerts"], "AlertsPage"),
  }),
  createRoute({
    ...at("/limits"),
    component: lazyRouteComponent(VIEW_FILES["/limits"], "LimitsPage"),
  }),
  createRoute({
    ...at("/settings"),
    component: lazyRouteComponent(VIEW_FILES["/settings"], "SettingsPage"),
  }),
  createRoute({
    ...at("/operator"),
    component: lazyRouteComponent(VIEW_FILES["/operator"], "OperatorPage"),
  }),
  createRoute({
    ...at("/sign-in"),
    component: lazyRouteComponent(VIEW_FILES["/sign-in"], "SignInPage"),
  }),
  createRoute({
    ...at("/register"),
    component: lazyRouteComponent(VIEW_FILES["/register"], "RegisterPage"),
  }),
  createRoute({
    ...at("/first-administrator"),
    component: lazyRouteComponent(VIEW_FILES["/first-administrator"], "FirstAdministratorPage"),
  }),
  createRoute({
    ...at("/forgot"),
    component: lazyRouteComponent(VIEW_FILES["/forgot"], "ForgotPage"),
  }),
  createRoute({
    ...at("/reset-password"),
    component: lazyRouteComponent(VIEW_FILES["/reset-password"], "ResetPage"),
  }),
  createRoute({
    ...at("/verify-email"),
    component: lazyRouteComponent(VIEW_FILES["/verify-email"], "VerifyEmailPage"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: basePath(),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
