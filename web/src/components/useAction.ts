/** Something a person asked for: once at a time, told when done, its problem kept for showing. */
import { notifications } from "@mantine/notifications";
import { useMutation, type QueryKey } from "@tanstack/react-query";
import { useRef } from "react";
import { queryClient } from "~/app/queries";

interface ActionOptions<Result> {
  /** Told when done; nothing when absent. */
  done?: string | ((result: Result) => string | undefined);
  /** What is asked for anew afterwards. */
  refreshes?: QueryKey[];
  onDone?: (result: Result) => void;
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
  work: (input: Input) => Promise<Result>,
  options: ActionOptions<Result> = {},
): Action<Input, Result> {
  // A second click can come before the first has been drawn: only a reference knows of it by then.
  const isBusy = useRef(false);
  const mutation = useMutation({
    mutationFn: async (input: Input) => {
      isBusy.current = true;
      try {
        return await work(input);
      } finally {
        isBusy.current = false;
      }
    },
    onSuccess: (result) => {
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
      // A second click while the first is under way does nothing.
      if (!isBusy.current) mutation.mutate(input);
    },
    runAsync: mutation.mutateAsync,
    isRunning: mutation.isPending,
    error: mutation.error,
    result: mutation.data,
    reset: mutation.reset,
  };
}
