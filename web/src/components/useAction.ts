/**
 * Something a person asked for: once at a time, told when done, its problem kept for showing. Each
 * has an idempotency key for its work to send, which a repeated attempt keeps until the server has
 * answered, something else is asked for, or the form is closed.
 */
import { notifications } from "@mantine/notifications";
import { useMutation, type QueryKey } from "@tanstack/react-query";
import { useRef } from "react";
import { freshId } from "~/api/identifiers";
import { ApiProblem } from "~/api/problem";
import { queryClient } from "~/app/queries";

interface ActionOptions<Result> {
  /** Told when done; nothing when absent. */
  done?: string | ((result: Result) => string | undefined);
  /** What is asked for anew afterwards. */
  refreshes?: QueryKey[];
  onDone?: (result: Result) => void;
  /** Done once, it is not done again until it is reset: for what must not happen twice. */
  once?: boolean;
}

export interface Action<Input, Result> {
  run: (input: Input) => void;
  runAsync: (input: Input) => Promise<Result>;
  isRunning: boolean;
  error: Error | null;
  /** What the last one came to. */
  result: Result | undefined;
  reset: () => void;
}

export function useAction<Input, Result>(
  work: (input: Input, idempotencyKey: string) => Promise<Result>,
  options: ActionOptions<Result> = {},
): Action<Input, Result> {
  // Not state: two clicks may come before anything is drawn anew.
  const isTaken = useRef(false);
  const attempt = useRef<{ asked: string; key: string }>(undefined);
  const keyOf = (input: Input): string => {
    const asked = JSON.stringify([input]);
    if (attempt.current?.asked !== asked) attempt.current = { asked, key: freshId() };
    return attempt.current.key;
  };
  const mutation = useMutation({
    mutationFn: (input: Input) => work(input, keyOf(input)),
    onError: (error) => {
      isTaken.current = false;
      // A refusal is the answer to its key for good: the next attempt is another one.
      if (isRefusal(error)) attempt.current = undefined;
    },
    onSuccess: (result) => {
      attempt.current = undefined;
      isTaken.current = options.once === true;
      const text = typeof options.done === "function" ? options.done(result) : options.done;
      if (text !== undefined) notifications.show({ message: text });
      for (const queryKey of options.refreshes ?? []) {
        void queryClient.invalidateQueries({ queryKey });
      }
      options.onDone?.(result);
    },
  });
  return {
    run: (input) => {
      if (isTaken.current) return;
      isTaken.current = true;
      mutation.mutate(input);
    },
    runAsync: mutation.mutateAsync,
    isRunning: mutation.isPending,
    error: mutation.error,
    result: mutation.data,
    reset: () => {
      isTaken.current = false;
      attempt.current = undefined;
      mutation.reset();
    },
  };
}

// Those that say "later" or "still under way" may have an answer of their own yet.
const UNDECIDED = [408, 425, 429];

function isRefusal(error: Error): boolean {
  if (!(error instanceof ApiProblem)) return false;
  if (error.code === "idempotencyInProgress" || UNDECIDED.includes(error.status)) return false;
  return error.status >= 400 && error.status < 500;
}
