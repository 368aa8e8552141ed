/** A button whose action is first said in words and amounts, then confirmed. */
import { Button, Modal, type ButtonProps } from "@mantine/core";
import { useRef, useState, type ReactNode } from "react";
import { useCanAct } from "~/realtime/hooks";
import { ProblemNote } from "./ProblemNote";
import type { Action } from "./useAction";
import classes from "./Confirm.module.css";

interface ConfirmProps<Result> extends ButtonProps {
  label: ReactNode;
  title: string;
  /** What will happen, with amounts. */
  children: ReactNode;
  confirm: string;
  action: Action<undefined, Result>;
  danger?: boolean;
  ariaLabel?: string;
}

export function Confirm<Result>(props: ConfirmProps<Result>) {
  const { label, title, children, confirm, action, danger, ariaLabel, ...button } = props;
  const [isOpen, setOpen] = useState(false);
  const canAct = useCanAct();
  // Not state: a second click may come before anything is drawn anew.
  const isConfirmed = useRef(false);
  const confirmOnce = () => {
    if (isConfirmed.current) return;
    isConfirmed.current = true;
    void action
      .runAsync(undefined)
      .then(close)
      .catch(() => (isConfirmed.current = false));
  };
  const open = () => {
    isConfirmed.current = false;
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    action.reset();
  };
  const colour = danger === true ? "red" : undefined;
  return (
    <>
      <Button
        variant="default"
        disabled={!canAct}
        aria-label={ariaLabel}
        onClick={open}
        {...button}
      >
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title}>
        <div className={classes.words}>{children}</div>
        <ProblemNote error={action.error} />
        <div className={classes.buttons}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep as it is
          </Button>
          <Button
            color={colour}
            loading={action.isRunning}
            disabled={!canAct}
            onClick={confirmOnce}
          >
            {confirm}
          </Button>
        </div>
      </Modal>
    </>
  );
}
