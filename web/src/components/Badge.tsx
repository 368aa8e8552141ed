/** A state in one word, with a dot of its colour. */
import type { ReactNode } from "react";
import classes from "./Badge.module.css";

export type Tone = "good" | "neutral" | "warning" | "critical" | "accent";

export function Badge(props: { tone: Tone; children: ReactNode; hint?: string }) {
  return (
    <span className={classes.badge} data-tone={props.tone} title={props.hint}>
      {props.children}
    </span>
  );
}
