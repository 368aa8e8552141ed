import { QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, it } from "vitest";
import { ApiProblem } from "~/api/problem";
import { queryClient } from "~/app/queries";
import { useAction, type Action } from "./useAction";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** The keys under which an action is sent twice, when the first attempt comes to that. */
async function keysOf(status: number, code: string): Promise<(string | undefined)[]> {
  const keys: string[] = [];
  let action: Action<string, never> | undefined;
  function Asking() {
    action = useAction((_: string, key: string) => {
      keys.push(key);
      return Promise.reject(new ApiProblem({ title: "", detail: "", status, code }));
    });
    return null;
  }
  const root = createRoot(document.createElement("div"));
  act(() =>
    root.render(
      <QueryClientProvider client={queryClient}>
        <Asking />
      </QueryClientProvider>,
    ),
  );
  const attempt = () =>
    act(async () => {
      await action?.runAsync("the same").catch(() => undefined);
    });
  await attempt();
  await attempt();
  act(() => root.unmount());
  return keys;
}

it.each([
  [409, "idempotencyInProgress", true],
  [429, "tooManyRequests", true],
  [503, "unavailable", true],
  [0, "unreachable", true],
  [409, "notPossible", false],
  [409, "idempotencyInterrupted", false],
  [422, "refused", false],
])("after %i %s the next attempt keeps its key: %s", async (status, code, isKept) => {
  const [first, second] = await keysOf(status, code);
  expect(first === second).toBe(isKept);
});
