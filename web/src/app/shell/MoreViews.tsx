/** The phone's views that have no place in the bottom bar. */
import { Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { View } from "./navigation";
import classes from "./Shell.module.css";

interface MoreViewsProps {
  views: View[];
  opened: boolean;
  onClose: () => void;
}

export default function MoreViews({ views, opened, onClose }: MoreViewsProps) {
  return (
    <Drawer opened={opened} onClose={onClose} position="bottom" size="auto" title="More">
      <ul className={classes.more}>
        {views.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link to={to} className={classes.entry} onClick={onClose}>
              <Icon size={20} stroke={1.6} />
              <span>{label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Drawer>
  );
}
