/** The tabs of a profile in one row, which says where it goes on beyond the screen. */
import { Tabs } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import classes from "./Profile.module.css";

interface ProfileTabsProps {
  tabs: readonly (readonly [value: string, label: string])[];
  active: string;
}

export function ProfileTabs({ tabs, active }: ProfileTabsProps) {
  const row = useRef<HTMLDivElement>(null);
  const [hidden, setHidden] = useState({ before: false, after: false });
  const look = () => {
    const { scrollLeft = 0, scrollWidth = 0, clientWidth = 0 } = row.current ?? {};
    setHidden({ before: scrollLeft > 1, after: scrollLeft + clientWidth < scrollWidth - 1 });
  };
  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = row.current;
    const tab = element?.querySelector<HTMLElement>("[data-active]");
    if (element === null || tab === null || tab === undefined) return;
    // Only the row moves: the page stays where it is read.
    element.scrollLeft = tab.offsetLeft - (element.clientWidth - tab.offsetWidth) / 2;
  }, [active]);
  return (
    <div className={classes.tabFrame} data-before={hidden.before} data-after={hidden.after}>
      <Tabs.List ref={row} className={classes.tabList} onScroll={look}>
        {tabs.map(([value, label]) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </div>
  );
}
