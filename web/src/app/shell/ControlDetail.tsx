/** What the state of the trading control means, and who set it, when and why. */
import { Popover } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Control } from "~/api/types";
import { useUser } from "~/app/useSession";
import { Ago, At } from "~/components/Time";
import { CONTROL_MEANING, quoted } from "./controlMeaning";
import { isOperator } from "./navigation";
import classes from "./Shell.module.css";

interface ControlDetailProps {
  control: Control;
  /** Since when it may have changed unheard. */
  oldSince: string | undefined;
  target: ReactNode;
  opened: boolean;
  onChange: (opened: boolean) => void;
}

export default function ControlDetail(props: ControlDetailProps) {
  const { control, oldSince, target, opened, onChange } = props;
  const user = useUser();
  const { mode, lastChangedBy, lastChangedAt, reason } = control;
  return (
    <Popover
      width={300}
      position="bottom-end"
      withArrow
      shadow="sm"
      opened={opened}
      onChange={onChange}
    >
      <Popover.Target>{target}</Popover.Target>
      <Popover.Dropdown>
        {oldSince === undefined ? (
          <strong>{CONTROL_MEANING[mode]}</strong>
        ) : (
          <>
            <strong>
              {mode}, last known <Ago at={oldSince} />.
            </strong>
            <p className={classes.controlText}>
              It may have changed since. What held then: {CONTROL_MEANING[mode]}
            </p>
          </>
        )}
        <p className={classes.controlText}>
          Set by {lastChangedBy} <Ago at={lastChangedAt} /> (<At at={lastChangedAt} />)
          {reason === undefined || reason === "" ? "." : `: ${quoted(reason)}`}
        </p>
        {isOperator(user) ? <Link to="/operator">Open the control panel</Link> : null}
      </Popover.Dropdown>
    </Popover>
  );
}
