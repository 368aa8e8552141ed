/** A question before something that cannot be brought back, for what needs no server. */
import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Confirm.module.css";

interface AskProps {
  isOpen: boolean;
  title: string;
  /** What is lost or changed. */
  children: ReactNode;
  confirm: string;
  keep?: string;
  onConfirm: () => void;
  onClose: () => void;
}

export function Ask(props: AskProps) {
  const { isOpen, title, children, confirm, keep = "Keep as it is", onConfirm, onClose } = props;
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <div className={classes.words}>{children}</div>
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {keep}
        </Button>
        <Button onClick={onConfirm}>{confirm}</Button>
      </div>
    </Modal>
  );
}
