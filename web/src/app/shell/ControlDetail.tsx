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
  target: ReactNode;
  opened: boolean;
  onChange: (opened: boolean) => void;
}

export default function ControlDetail(props: ControlDetailProps) {
  const { control, target, opened, onChange } = props;
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
        <strong>{CONTROL_MEANING[mode]}</strong>
        <p className={classes.controlText}>
          Set by {lastChangedBy} <Ago at={lastChangedAt} /> (<At at={lastChangedAt} />)
          {reason === undefined || reason === "" ? "." : `: ${quoted(reason)}`}
        </p>
        {isOperator(user) ? <Link to="/operator">Open the control panel</Link> : null}
      </Popover.Dropdown>
    </Popover>
  );
}
