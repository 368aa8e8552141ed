/** The files of every view, loaded when it is first opened. */

const signIn = () => import("~/features/sign-in/SignInPage");
const passwords = () => import("~/features/sign-in/PasswordPages");

export const VIEW_FILES = {
  "/": () => import("~/features/home/HomePage"),
  "/strategies": () => import("~/features/strategies/StrategiesPage"),
  "/strategies/new": () => import("~/features/strategies/NewProfilePage"),
  "/profiles/$profileId": () => import("~/features/profile/ProfilePage"),
  "/profiles/$profileId/edit": () => import("~/features/profile/EditProfilePage"),
  "/positions": () => import("~/features/positions/PositionsPage"),
  "/positions/$tradeId": () => import("~/features/history/TradePage"),
  "/history": () => import("~/features/history/HistoryPage"),
  "/history/$tradeId": () => import("~/features/history/TradePage"),
  "/backtest": () => import("~/features/backtest/BacktestPage"),
  "/backtest/$backtestId": () => import("~/features/backtest/RunPage"),
  "/alerts": () => import("~/features/alerts/AlertsPage"),
  "/limits": () => import("~/features/limits/LimitsPage"),
  "/settings": () => import("~/features/settings/SettingsPage"),
  "/operator": () => import("~/features/operator/OperatorPage"),
  "/sign-in": signIn,
  "/register": signIn,
  "/first-administrator": signIn,
  "/forgot": passwords,
  "/reset-password": passwords,
  "/verify-email": passwords,
};

/** What surrounds the views of somebody who is signed in. */
export const shellFiles = () => import("./shell/Shell");
