/** Stopping a profile: it enters no more, and what it holds stays protected. */
import { answerOf, trading } from "~/api/client";
import { useAction } from "~/components/useAction";

export function useStopProfile({ id, name }: { id: string; name: string }) {
  return useAction(
    (_: undefined, key) =>
      answerOf(
        trading.POST("/api/profiles/{id}/stop", {
          params: { path: { id } },
          headers: { "Idempotency-Key": key },
          body: {},
        }),
      ),
    { done: `${name} is stopped. What it holds stays protected.` },
  );
}
