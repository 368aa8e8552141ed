/** Every view, as the tests and the screenshots go through them. */
import type { Page } from "@playwright/test";
import { firstProfile } from "./fixtures";

export interface ViewUnderTest {
  name: string;
  heading: RegExp;
  address: (app: Page) => Promise<string> | string;
  desktopOnly?: boolean;
}

const inProfile = (rest: string) => async (app: Page) => (await firstProfile(app)) + rest;

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
  { name: "history", heading: /^History$/, address: () => "history" },
  { name: "back-test", heading: /^Back-test$/, address: () => "backtest", desktopOnly: true },
  { name: "alerts", heading: /^Alerts$/, address: () => "alerts" },
  { name: "settings", heading: /^Settings$/, address: () => "settings" },
  { name: "control", heading: /^Control$/, address: () => "operator" },
];
