/** Every view that can be gone to: the one list behind sidebar, bottom bar and palette. */
import {
  IconArrowsExchange,
  IconBell,
  IconChartCandle,
  IconFlask,
  IconGauge,
  IconHistory,
  IconHome,
  IconSettings,
  IconShieldCheck,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { FeatureFlags, User } from "~/api/types";

export interface View {
  to: string;
  label: string;
  icon: ComponentType<{ size?: number | string; stroke?: number | string }>;
  /** Other addresses that belong to it. */
  also?: string;
  /** The second key after "g". */
  key: string;
  visible?: (flags: FeatureFlags | undefined, user: User | undefined) => boolean;
  /** In the phone's bottom bar; the rest is under "More". */
  bottom?: boolean;
  /** Not for phones: no strategy editing, no config there. */
  desktopOnly?: boolean;
}

/** Behind Control's address: whoever opens it so is there to write a reason. */
export const REASON_HASH = "reason";

export const VIEWS: View[] = [
  { to: "/", label: "Home", icon: IconHome, key: "h", bottom: true },
  {
    to: "/strategies",
    label: "Strategies",
    icon: IconChartCandle,
    key: "s",
    bottom: true,
    also: "/profiles",
  },
  { to: "/positions", label: "Positions", icon: IconArrowsExchange, key: "p", bottom: true },
  { to: "/history", label: "History", icon: IconHistory, key: "y" },
  {
    to: "/backtest",
    label: "Back-test",
    icon: IconFlask,
    key: "b",
    visible: (flags) => flags?.backtest.enabled === true,
    desktopOnly: true,
  },
  { to: "/alerts", label: "Alerts", icon: IconBell, key: "a", bottom: true },
  { to: "/limits", label: "Limits", icon: IconGauge, key: "l" },
  { to: "/settings", label: "Settings", icon: IconSettings, key: "t" },
  {
    to: "/operator",
    label: "Control",
    icon: IconShieldCheck,
    key: "o",
    visible: (_, user) => isOperator(user),
  },
];

export function isOperator(user: User | undefined): boolean {
  return user?.roles.some((role) => role === "operator" || role === "admin") === true;
}

export function visibleViews(flags: FeatureFlags | undefined, user: User | undefined): View[] {
  return VIEWS.filter(({ visible }) => visible?.(flags, user) ?? true);
}

/** Whether an address is part of a view. */
export function isWithin({ to, also }: View, path: string): boolean {
  if (to === "/") return path === "/";
  return path.startsWith(to) || (also !== undefined && path.startsWith(also));
}
