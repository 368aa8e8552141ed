/** The buttons that stop all entries and let them go again, each with its reason. */
import { Button, Textarea } from "@mantine/core";
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { Control } from "~/api/types";
import { CONTROL_MEANING, CONTROL_TONES, quoted } from "~/app/shell/controlMeaning";
import { REASON_HASH } from "~/app/shell/navigation";
import { useEmails } from "~/app/useEmails";
import { Badge } from "~/components/Badge";
import { ProblemNote } from "~/components/ProblemNote";
import { Ago, At } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { useCanAct } from "~/realtime/hooks";
import classes from "./Operator.module.css";

/** The field for the reason, in which whoever was led to it begins to write. */
function useReasonFocus() {
  const field = useRef<HTMLTextAreaElement>(null);
  const ledBy = useRouterState({
    select: ({ location }) =>
      location.hash === REASON_HASH ? location.state.__TSR_key : undefined,
  });
  useEffect(() => {
    if (ledBy !== undefined) field.current?.focus();
  }, [ledBy]);
  return field;
}

/** In the page itself: nothing may ever stand before the button that stops. */
export function Switch({ control }: { control: Control }) {
  const [reason, setReason] = useState("");
  const field = useReasonFocus();
  const canAct = useCanAct();
  const body = { reason: reason.trim() };
  const options = {
    done: ({ mode }: Control) => `Trading is ${mode}.`,
    onDone: () => setReason(""),
  };
  const pause = useAction(
    () => answerOf(trading.POST("/internal/trading/pause", { body })),
    options,
  );
  const resume = useAction(
    () => answerOf(trading.POST("/internal/trading/resume", { body })),
    options,
  );
  const isStopped = control.mode === "PAUSED" || control.mode === "HALTED";
  const isReady = canAct && body.reason !== "";
  return (
    <div className={classes.switch}>
      <Standing control={control} />
      <Textarea
        ref={field}
        id={REASON_HASH}
        label="Reason"
        description="Everybody sees it beside the badge, and it stays in the record."
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <ProblemNote error={pause.error ?? resume.error} />
      {/* Each has its own place: what others do meanwhile never turns a stop around. */}
      <Button
        size="md"
        variant="outline"
        color="red"
        disabled={!isReady || isStopped}
        loading={pause.isRunning}
        onClick={() => pause.run(undefined)}
      >
        Pause all entries
      </Button>
      <p className="muted">
        No profile of any tenant enters until somebody resumes. What is held keeps its exits.
      </p>
      <Button
        size="md"
        variant="default"
        disabled={!isReady || control.mode === "RUNNING"}
        loading={resume.isRunning}
        onClick={() => resume.run(undefined)}
      >
        Resume trading
      </Button>
      <p className="muted">
        Running profiles of every tenant may enter again from the next bar on.
      </p>
    </div>
  );
}

/** What is so now, and by whom. */
function Standing({ control }: { control: Control }) {
  const emailOf = useEmails();
  return (
    <>
      <div className={classes.mode}>
        <Badge tone={CONTROL_TONES[control.mode]}>{control.mode}</Badge>
      </div>
      <p>{CONTROL_MEANING[control.mode]}</p>
      <p className="muted">
        Set by {emailOf(control.lastChangedBy)} <Ago at={control.lastChangedAt} /> (
        <At at={control.lastChangedAt} />)
        {control.reason === undefined || control.reason === ""
          ? "."
          : `: ${quoted(control.reason)}`}
      </p>
    </>
  );
}
