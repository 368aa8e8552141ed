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

const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path }) as const;

const home = createRoute({
  ...at("/"),
  component: lazyRouteComponent(() => import("~/features/home/HomePage"), "HomePage"),
});
const strategies = createRoute({
  ...at("/strategies"),
  component: lazyRouteComponent(
    () => import("~/features/strategies/StrategiesPage"),
    "StrategiesPage",
  ),
});
const newProfile = createRoute({
  ...at("/strategies/new"),
  component: lazyRouteComponent(
    () => import("~/features/strategies/NewProfilePage"),
    "NewProfilePage",
  ),
});
const profile = createRoute({
  ...at("/profiles/$profileId"),
  component: lazyRouteComponent(() => import("~/features/profile/ProfilePage"), "ProfilePage"),
});
const editProfile = createRoute({
  ...at("/profiles/$profileId/edit"),
  component: lazyRouteComponent(
    () => import("~/features/profile/EditProfilePage"),
    "EditProfilePage",
  ),
});
const positions = createRoute({
  ...at("/positions"),
  component: lazyRouteComponent(
    () => import("~/features/positions/PositionsPage"),
    "PositionsPage",
  ),
});
const history = createRoute({
  ...at("/history"),
  component: lazyRouteComponent(() => import("~/features/history/HistoryPage"), "HistoryPage"),
});
const trade = createRoute({
  ...at("/history/$tradeId"),
  component: lazyRouteComponent(() => import("~/features/history/TradePage"), "TradePage"),
});
const backtests = createRoute({
  ...at("/backtest"),
  component: lazyRouteComponent(() => import("~/features/backtest/BacktestPage"), "BacktestPage"),
});
const backtest = createRoute({
  ...at("/backtest/$backtestId"),
  component: lazyRouteComponent(() => import("~/features/backtest/RunPage"), "RunPage"),
});
const alerts = createRoute({
  ...at("/alerts"),
  component: lazyRouteComponent(() => import("~/features/alerts/AlertsPage"), "AlertsPage"),
});
const settings = createRoute({
  ...at("/settings"),
  component: lazyRouteComponent(() => import("~/features/settings/SettingsPage"), "SettingsPage"),
});
const operator = createRoute({
  ...at("/operator"),
  component: lazyRouteComponent(() => import("~/features/operator/OperatorPage"), "OperatorPage"),
});

const signInPage = (name: "SignInPage" | "RegisterPage" | "FirstAdministratorPage") =>
  lazyRouteComponent(() => import("~/features/sign-in/SignInPage"), name);
const passwordPage = (name: "ForgotPage" | "ResetPage" | "VerifyEmailPage") =>
  lazyRouteComponent(() => import("~/features/sign-in/PasswordPages"), name);

const beforeSession = [
  createRoute({ ...at("/sign-in"), component: signInPage("SignInPage") }),
  createRoute({ ...at("/register"), component: signInPage("RegisterPage") }),
  createRoute({ ...at("/first-administrator"), component: signInPage("FirstAdministratorPage") }),
  createRoute({ ...at("/forgot"), component: passwordPage("ForgotPage") }),
  createRoute({ ...at("/reset-password"), component: passwordPage("ResetPage") }),
  createRoute({ ...at("/verify-email"), component: passwordPage("VerifyEmailPage") }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    strategies,
    newProfile,
    profile,
    editProfile,
    positions,
    history,
    trade,
    backtests,
    backtest,
    alerts,
    settings,
    operator,
    ...beforeSession,
  ]),
  basepath: basePath(),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
