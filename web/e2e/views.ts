/** Every view, as the tests and the screenshots go through them. */
import type { Page } from "@playwright/test";
import { firstProfile } from "./fixtures";

export interface ViewUnderTest {
  name: string;
  heading: RegExp;
  address: (app: Page) => Promise<string> | string;
  desktopOnly?: boolean;
}

/** Looked up once. */
let profile: Promise<string> | undefined;

const inProfile = (rest: string) => async (app: Page) => {
  profile ??= firstProfile(app);
  return (await profile) + rest;
};

export const VIEWS: ViewUnderTest[] = [
  { name: "home", heading: /^Home$/, address: () => "" },
  { name: "strategies", heading: /^Strategies$/, address: () => "strategies" },
  {
    name: "new-profile",
    heading: /^New profile$/,
    address: () => "strategies/new",
    desktopOnly: true,
  },
  { name: "profile", heading: /./, address: inProfile("") },
  {
    name: "profile-locked",
    heading: /^Locked/,
    address: () => `profiles/${process.env.BALLAST_E2E_LOCKED ?? ""}`,
  },
  { name: "profile-limits", heading: /./, address: inProfile("?tab=limits") },
  { name: "profile-ledger", heading: /./, address: inProfile("?tab=ledger") },
  { name: "profile-statistics", heading: /./, address: inProfile("?tab=statistics") },
  { name: "profile-versions", heading: /./, address: inProfile("?tab=versions") },
  { name: "profile-edit", heading: /^Edit /, address: inProfile("/edit"), desktopOnly: true },
  { name: "positions", heading: /^Positions & orders$/, address: () => "positions" },
  {
    name: "ticket",
    heading: /^Positions & orders$/,
    address: () => "positions?ticket=new",
    desktopOnly: true,
  },
  {
    name: "position",
    heading: /^ACME long/,
    address: () => `positions/${process.env.BALLAST_E2E_POSITION ?? ""}`,
  },
  { name: "history", heading: /^History$/, address: () => "history" },
  {
    name: "trade",
    heading: /^ACME long/,
    address: () => `history/${process.env.BALLAST_E2E_TRADE ?? ""}`,
  },
  { name: "back-test", heading: /^Back-test$/, address: () => "backtest", desktopOnly: true },
  {
    name: "back-test-run",
    heading: /^Back-test of ACME/,
    address: () => `backtest/${process.env.BALLAST_E2E_RUN ?? ""}`,
  },
  { name: "alerts", heading: /^Alerts$/, address: () => "alerts" },
  { name: "limits", heading: /^Limits$/, address: () => "limits" },
  { name: "settings", heading: /^Settings$/, address: () => "settings" },
  { name: "control", heading: /^Control$/, address: () => "operator" },
];

/** As long as a real one, so that no link is called cut. */
const TOKEN = "x".repeat(43);

/** What somebody sees who has not signed in. */
export const VIEWS_BEFORE_SESSION: ViewUnderTest[] = [
  { name: "sign-in", heading: /^Sign in$/, address: () => "sign-in" },
  { name: "register", heading: /^Create an account$/, address: () => "register" },
  { name: "forgot", heading: /^Forgot the password$/, address: () => "forgot" },
  {
    name: "reset",
    heading: /^Choose a new password$/,
    address: () => `reset-password#token=${TOKEN}`,
  },
  {
    name: "verify-email",
    heading: /^Confirm the e-mail address$/,
    address: () => `verify-email#token=${TOKEN}`,
  },
  {
    name: "first-administrator",
    heading: /^First administrator$/,
    address: () => `first-administrator#token=${TOKEN}`,
  },
];
