/** Says "seen" of everything that is listed. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { AlertRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction, type Action } from "~/components/useAction";
import { plural } from "~/format/words";
import { useCanAct } from "~/realtime/hooks";
import { acknowledgeAll, type Outcome } from "./oneByOne";

export interface Acknowledging {
  action: Action<string[], Outcome>;
  /** How many are done of how many, while it goes on. */
  progress: { done: number; of: number };
}

export function useAcknowledging(): Acknowledging {
  const [progress, setProgress] = useState({ done: 0, of: 0 });
  const action = useAction(
    (ids: string[]) => {
      const onProgress = (done: number) => setProgress({ done, of: ids.length });
      onProgress(0);
      return acknowledgeAll(ids, acknowledge, onProgress);
    },
    { refreshes: [["alerts"]] },
  );
  return { action, progress };
}

const acknowledge = (id: string) =>
  answerOf(trading.POST("/api/alerts/{id}/ack", { params: { path: { id } } }));

export function AcknowledgeAll(props: { open: AlertRow[]; acknowledging: Acknowledging }) {
  const { open, acknowledging } = props;
  const { action, progress } = acknowledging;
  const canAct = useCanAct();
  if (open.length === 0 && !action.isRunning) return null;
  return (
    <Button
      variant="default"
      disabled={!canAct || action.isRunning}
      onClick={() => action.run(open.map(({ id }) => id))}
    >
      {action.isRunning ? (
        <span role="status" className="number">
          {progress.done} of {progress.of}…
        </span>
      ) : (
        "Acknowledge all"
      )}
    </Button>
  );
}

/** What was not acknowledged, and the problem, once for all of them. */
export function Remained({ acknowledging }: { acknowledging: Acknowledging }) {
  const { action } = acknowledging;
  const { result } = action;
  if (result?.problem === undefined || action.isRunning) return null;
  const { done, remained, problem } = result;
  const title = `${plural(done, "alert was", "alerts were")} acknowledged, ${remained.length} not:`;
  return <ProblemNote error={problem} title={title} />;
}
