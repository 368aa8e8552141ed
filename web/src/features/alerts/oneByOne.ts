/** One alert after the other, because each is its own record. */
import { asProblem } from "~/api/problem";

export interface Outcome {
  done: number;
  /** What was not acknowledged, in the order of the list. */
  remained: string[];
  /** The first problem; the others are told of by what remained. */
  problem: Error | undefined;
}

export async function acknowledgeAll(
  ids: readonly string[],
  acknowledge: (id: string) => Promise<unknown>,
  onProgress: (done: number) => void,
): Promise<Outcome> {
  const outcome: Outcome = { done: 0, remained: [], problem: undefined };
  for (const [place, id] of ids.entries()) {
    try {
      await acknowledge(id);
      outcome.done += 1;
      onProgress(outcome.done);
    } catch (error) {
      const problem = asProblem(error);
      outcome.problem ??= problem;
      // What one of them is refused for says nothing of the others; anything else holds for all.
      const isOfOne = problem.status === 404 || problem.status === 409;
      if (!isOfOne) return { ...outcome, remained: [...outcome.remained, ...ids.slice(place)] };
      outcome.remained.push(id);
    }
  }
  return outcome;
}
