/** What surrounds every view of somebody who is signed in. */
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useDeferredValue, useEffect, useRef } from "react";
import { Later } from "~/app/Later";
import { Rows } from "~/components/Panel";
import { useIsPhone } from "~/components/screen";
import { connect } from "~/realtime/connection";
import { keepLastState, showLastState } from "~/realtime/lastState";
import { useHasState, useServerSettings } from "~/realtime/hooks";
import { live } from "~/realtime/store";
import { ConnectionBanner, MarketBanner, OpenBanner } from "./ConnectionBadge";
import { ControlBanner } from "./ControlBadge";
import { DesktopFrame } from "./DesktopFrame";
import { PhoneFrame } from "./PhoneFrame";
import { useRefreshing } from "./useRefreshing";
import { useShortcuts } from "./useShortcuts";
import classes from "./Shell.module.css";

export function Shell({ isUnreachable }: { isUnreachable: boolean }) {
  const isPhone = useIsPhone();
  useEffect(() => {
    if (isUnreachable) return showLastState();
    const disconnect = connect();
    const stopKeeping = keepLastState();
    return () => {
      stopKeeping();
      disconnect();
    };
  }, [isUnreachable]);
  useEffect(() => live.age(), []);
  useRefreshing();
  useShortcuts();

  const Frame = isPhone ? PhoneFrame : DesktopFrame;
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <Frame banners={<Banners />}>
        <View />
      </Frame>
      <Later load={() => import("./CommandPalette")} props={{}} />
    </>
  );
}

function Banners() {
  // With the view below, which it would move otherwise.
  const settings = useDeferredValue(useServerSettings());
  return (
    <section aria-label="State">
      <ConnectionBanner />
      <ControlBanner />
      <OpenBanner />
      {settings === undefined ? null : <MarketBanner {...settings} />}
    </section>
  );
}

function View() {
  // A view is drawn in small steps, behind the rows that stand for it.
  const hasState = useDeferredValue(useHasState());
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const before = useRef(path);
  // A new view is read from its top.
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    document.getElementById("content")?.scrollTo({ top: 0 });
  }, [path]);
  if (!hasState) return <Rows rows={8} />;
  return (
    <div className={classes.view}>
      <Suspense fallback={<Rows rows={8} />}>
        <Outlet />
      </Suspense>
    </div>
  );
}
