/** The phone: what matters in a bottom bar, the rest under "More". */
import { ActionIcon, UnstyledButton } from "@mantine/core";
import { IconDots, IconSearch } from "@tabler/icons-react";
import { Link, useRouterState } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Later } from "~/app/Later";
import { useFlags, useUser } from "~/app/useSession";
import { Mark } from "~/components/Mark";
import { useAlerts } from "~/realtime/hooks";
import { ConnectionBadge } from "./ConnectionBadge";
import { ControlBadge } from "./ControlBadge";
import { isWithin, visibleViews } from "./navigation";
import { openPalette } from "./palette";
import { UserMenu } from "./UserMenu";
import classes from "./Shell.module.css";

export function PhoneFrame({ banners, children }: { banners: ReactNode; children: ReactNode }) {
  const [isMoreOpen, setMoreOpen] = useState(false);
  const views = visibleViews(useFlags(), useUser()).filter(
    ({ desktopOnly }) => desktopOnly !== true,
  );
  const rest = views.filter(({ bottom }) => bottom !== true);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const isInRest = rest.some((view) => isWithin(view, path));
  const open = useAlerts().filter(({ acknowledgedAt }) => acknowledgedAt === undefined).length;
  return (
    <div className={classes.phone}>
      <header className={classes.phoneHeader}>
        <Link to="/" className={classes.brand} aria-label="Ballast, home">
          <Mark />
        </Link>
        <ConnectionBadge />
        <ControlBadge />
        <div className={classes.headerEnd}>
          <ActionIcon aria-label="Go to, or do" onClick={openPalette}>
            <IconSearch size={20} stroke={1.6} />
          </ActionIcon>
          <UserMenu />
        </div>
      </header>
      {banners}
      <main id="content" className={classes.content} tabIndex={-1}>
        {children}
      </main>
      <nav className={classes.bottom} aria-label="Views">
        {views
          .filter(({ bottom }) => bottom === true)
          .map((view) => (
            <Link
              key={view.to}
              to={view.to}
              className={classes.tab}
              data-active={isWithin(view, path)}
              aria-current={isWithin(view, path) ? "page" : undefined}
            >
              <view.icon size={22} stroke={1.6} />
              <span>{view.label}</span>
              {view.to === "/alerts" && open > 0 ? (
                <span className={classes.counter} aria-label={`${open} not acknowledged`}>
                  {open}
                </span>
              ) : null}
            </Link>
          ))}
        <UnstyledButton
          className={classes.tab}
          data-active={isInRest}
          onClick={() => setMoreOpen(true)}
          aria-haspopup="dialog"
        >
          <IconDots size={22} stroke={1.6} />
          <span>More</span>
        </UnstyledButton>
      </nav>
      <Later
        load={() => import("./MoreViews")}
        isWanted={isMoreOpen}
        props={{ views: rest, opened: isMoreOpen, onClose: () => setMoreOpen(false) }}
      />
    </div>
  );
}
