import { expect, it } from "vitest";
import { ApiProblem, unreachable } from "~/api/problem";
import { acknowledgeAll } from "./oneByOne";

const gone = new ApiProblem({ title: "Gone", status: 404, code: "notFound", detail: "No alert." });

function failing(by: Record<string, Error>, asked: string[] = []) {
  return (id: string) => {
    asked.push(id);
    const error = by[id];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
}

it("goes through all, and says how far it is", async () => {
  const told: number[] = [];
  const outcome = await acknowledgeAll(["a", "b"], failing({}), (done) => told.push(done));
  expect(outcome).toEqual({ done: 2, remained: [], problem: undefined });
  expect(told).toEqual([1, 2]);
});

it("goes on behind one that is refused for itself", async () => {
  const outcome = await acknowledgeAll(["a", "b", "c"], failing({ b: gone }), () => undefined);
  expect(outcome).toEqual({ done: 2, remained: ["b"], problem: gone });
});

it("ends with what holds for all, and names what remained", async () => {
  const asked: string[] = [];
  const away = unreachable("request");
  const work = failing({ a: gone, b: away }, asked);
  const outcome = await acknowledgeAll(["a", "b", "c"], work, () => undefined);
  expect(asked).toEqual(["a", "b"]);
  expect(outcome).toEqual({ done: 0, remained: ["a", "b", "c"], problem: gone });
});
