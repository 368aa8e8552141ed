/** Whether trading runs, with who changed it, when and why: the same everywhere. */
import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { Later } from "~/app/Later";
import { Badge } from "~/components/Badge";
import { Ago, useNow } from "~/components/Time";
import { ago } from "~/format/time";
import { useConnection, useControl, useOldSince } from "~/realtime/hooks";
import { CONTROL_MEANING, CONTROL_TONES, quoted } from "./controlMeaning";
import classes from "./Shell.module.css";

export function ControlBadge() {
  const control = useControl();
  const oldSince = useOldSince();
  // For the seconds of a reconnection the phone has no room for it beside that word.
  const isOffline = useConnection().kind === "offline";
  const now = useNow();
  const [opened, setOpened] = useState(false);
  if (control === undefined) return null;
  const { mode } = control;
  const age = oldSince === undefined ? "" : `, last known ${ago(oldSince, now)}`;
  const button = (
    <UnstyledButton
      className={classes.control}
      data-mode={mode}
      data-old={oldSince !== undefined}
      aria-label={`Trading control: ${mode}${age}. Show who, when and why.`}
      aria-haspopup="dialog"
      onClick={() => setOpened(!opened)}
    >
      <Badge tone={oldSince === undefined ? CONTROL_TONES[mode] : "neutral"}>
        {mode}
        {oldSince === undefined || !isOffline ? null : (
          <span className="muted">
            <Ago at={oldSince} />
          </span>
        )}
      </Badge>
    </UnstyledButton>
  );
  return (
    <Later
      load={() => import("./ControlDetail")}
      isWanted={opened}
      props={{ control, oldSince, opened, onChange: setOpened, target: button }}
      fallback={button}
    />
  );
}

/** Said across the page while entries are stopped. */
export function ControlBanner() {
  const control = useControl();
  const oldSince = useOldSince();
  if (control === undefined || control.mode === "RUNNING") return null;
  const { mode, lastChangedBy, lastChangedAt, reason } = control;
  return (
    <div
      className={classes.banner}
      data-tone={mode === "HALTED" ? "critical" : "warning"}
      role="status"
    >
      <strong>{mode}</strong>
      {oldSince === undefined ? "" : ", as last known,"} by {lastChangedBy}{" "}
      <Ago at={lastChangedAt} />
      {reason === undefined || reason === "" ? "." : `: ${quoted(reason)}`} {CONTROL_MEANING[mode]}
    </div>
  );
}
