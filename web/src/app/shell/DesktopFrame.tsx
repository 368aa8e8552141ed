/** The desktop: views at the left, what happens now at the right, the view between them. */
import { ActionIcon, UnstyledButton } from "@mantine/core";
import {
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLayoutSidebarRight,
  IconSearch,
} from "@tabler/icons-react";
import { Link, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { changePreferences, usePreferences } from "~/app/preferences";
import { useFlags, useUser } from "~/app/useSession";
import { Mark } from "~/components/Mark";
import { useIsWide } from "~/components/screen";
import { useAlerts } from "~/realtime/hooks";
import { ActivityPanel } from "./ActivityPanel";
import { ConnectionBadge } from "./ConnectionBadge";
import { ControlBadge } from "./ControlBadge";
import { isWithin, visibleViews } from "./navigation";
import { openPalette } from "./palette";
import { UserMenu } from "./UserMenu";
import classes from "./Shell.module.css";

export function DesktopFrame({ banners, children }: { banners: ReactNode; children: ReactNode }) {
  const { sidebarFolded, activityOpen } = usePreferences();
  const isWide = useIsWide();
  const showsActivity = isWide && activityOpen;
  return (
    <div className={classes.desktop} data-folded={sidebarFolded} data-activity={showsActivity}>
      <Sidebar folded={sidebarFolded} />
      <div className={classes.middle}>
        <header className={classes.header}>
          <UnstyledButton className={classes.search} onClick={openPalette}>
            <IconSearch size={16} />
            <span>Go to, or do…</span>
            <kbd>{isMac() ? "⌘K" : "Ctrl K"}</kbd>
          </UnstyledButton>
          <div className={classes.headerEnd}>
            <ConnectionBadge />
            <ControlBadge />
            {isWide ? (
              <ActionIcon
                title={activityOpen ? "Close activity" : "Show activity"}
                aria-label="Activity panel"
                aria-pressed={activityOpen}
                onClick={() => changePreferences({ activityOpen: !activityOpen })}
              >
                <IconLayoutSidebarRight size={18} stroke={1.6} />
              </ActionIcon>
            ) : null}
            <UserMenu />
          </div>
        </header>
        {banners}
        <main id="content" className={classes.content} tabIndex={-1}>
          {children}
        </main>
      </div>
      {showsActivity ? <ActivityPanel /> : null}
    </div>
  );
}

function Sidebar({ folded }: { folded: boolean }) {
  const views = visibleViews(useFlags(), useUser());
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const open = useAlerts().filter(({ acknowledgedAt }) => acknowledgedAt === undefined).length;
  const Fold = folded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className={classes.sidebar} aria-label="Views">
      <Link to="/" className={classes.brand} aria-label="Ballast, home">
        <Mark />
        {folded ? null : <span>Ballast</span>}
      </Link>
      <ul>
        {views.map((view) => (
          <li key={view.to}>
            <Link
              to={view.to}
              className={classes.entry}
              data-active={isWithin(view, path)}
              aria-current={isWithin(view, path) ? "page" : undefined}
              title={folded ? view.label : undefined}
              aria-label={folded ? view.label : undefined}
            >
              <view.icon size={18} stroke={1.6} />
              {folded ? null : <span>{view.label}</span>}
              {view.to === "/alerts" && open > 0 ? (
                <span className={classes.counter} aria-label={`${open} not acknowledged`}>
                  {open}
                </span>
              ) : null}
            </Link>
          </li>
        ))}
      </ul>
      <ActionIcon
        className={classes.fold}
        title={folded ? "Unfold" : "Fold"}
        aria-label={folded ? "Unfold the sidebar" : "Fold the sidebar"}
        onClick={() => changePreferences({ sidebarFolded: !folded })}
      >
        <Fold size={18} stroke={1.6} />
      </ActionIcon>
    </nav>
  );
}

function isMac(): boolean {
  return navigator.userAgent.includes("Mac");
}
