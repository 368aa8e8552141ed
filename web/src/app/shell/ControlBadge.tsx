/** Whether trading runs, with who changed it, when and why: the same everywhere. */
import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { Later } from "~/app/Later";
import { Badge } from "~/components/Badge";
import { Ago } from "~/components/Time";
import { useControl } from "~/realtime/hooks";
import { CONTROL_MEANING, CONTROL_TONES, quoted } from "./controlMeaning";
import classes from "./Shell.module.css";

export function ControlBadge() {
  const control = useControl();
  const [opened, setOpened] = useState(false);
  if (control === undefined) return null;
  const { mode } = control;
  const button = (
    <UnstyledButton
      className={classes.control}
      data-mode={mode}
      aria-label={`Trading control: ${mode}. Show who, when and why.`}
      aria-haspopup="dialog"
      onClick={() => setOpened(!opened)}
    >
      <Badge tone={CONTROL_TONES[mode]}>{mode}</Badge>
    </UnstyledButton>
  );
  return (
    <Later
      load={() => import("./ControlDetail")}
      isWanted={opened}
      props={{ control, opened, onChange: setOpened, target: button }}
      fallback={button}
    />
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
      {reason === undefined || reason === "" ? "." : `: ${quoted(reason)}`} {CONTROL_MEANING[mode]}
    </div>
  );
}
