/** Whether trading runs, with who changed it, when and why: the same everywhere. */
import { Popover, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Badge, type Tone } from "~/components/Badge";
import { At, Ago } from "~/components/Time";
import type { Control } from "~/api/types";
import { useControl } from "~/realtime/hooks";
import { useUser } from "../useSession";
import { isOperator } from "./navigation";
import classes from "./Shell.module.css";

const TONES: Record<Control["mode"], Tone> = {
  RUNNING: "good",
  PAUSED: "warning",
  HALTED: "critical",
  UNKNOWN: "critical",
};

export const CONTROL_MEANING: Record<Control["mode"], string> = {
  RUNNING: "Profiles may enter trades.",
  PAUSED: "No entries. Exits, stop-loss and take-profit go on.",
  HALTED: "No entries, and working entry orders are cancelled. Exits go on.",
  UNKNOWN: "Nobody can tell what is stopped, so nothing enters. Exits go on.",
};

export function ControlBadge() {
  const control = useControl();
  const user = useUser();
  if (control === undefined) return null;
  const { mode, lastChangedBy, lastChangedAt, reason } = control;
  return (
    <Popover width={300} position="bottom-end" withArrow shadow="sm">
      <Popover.Target>
        <UnstyledButton
          className={classes.control}
          data-mode={mode}
          aria-label={`Trading control: ${mode}. Show who, when and why.`}
        >
          <Badge tone={TONES[mode]}>{mode}</Badge>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <strong>{CONTROL_MEANING[mode]}</strong>
        <p className={classes.controlText}>
          Set by {lastChangedBy} <Ago at={lastChangedAt} /> (<At at={lastChangedAt} />)
          {reason === undefined || reason === "" ? "." : `: ${reason}`}
        </p>
        {isOperator(user) ? <Link to="/operator">Open the control panel</Link> : null}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Said across the page while entries are stopped. */
export function ControlBanner() {
  const control = useControl();
  if (control === undefined || control.mode === "RUNNING") return null;
  const { mode, lastChangedBy, lastChangedAt, reason } = control;
  return (
    <div
      className={classes.banner}
      data-tone={mode === "HALTED" ? "critical" : "warning"}
      role="status"
    >
      <strong>{mode}</strong> by {lastChangedBy} <Ago at={lastChangedAt} />
      {reason === undefined || reason === "" ? "" : `: “${reason}”`}. {CONTROL_MEANING[mode]}
    </div>
  );
}
