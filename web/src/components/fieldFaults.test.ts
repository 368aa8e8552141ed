import { expect, it } from "vitest";
import { ApiProblem } from "~/api/problem";
import { fieldFaults } from "./fieldFaults";

const refusal = new ApiProblem({
  title: "Some of the input is not valid",
  status: 422,
  code: "invalid",
  detail: "2 fields are not valid; see 'errors'",
  errors: [
    { field: "name", message: "belongs to another of your profiles; choose another" },
    { field: "capital.allocated", message: "is above zero" },
    { field: "limits", message: "is unknown" },
  ],
});
const placeOf = (field: string) =>
  (({ name: "name", "capital.allocated": "capital" }) as const)[field];

it("is said at its place as a sentence, and the rest is left for the note", () => {
  const { at, placed } = fieldFaults(refusal, placeOf, () => true);
  expect(at).toEqual({
    name: "It belongs to another of your profiles; choose another.",
    capital: "It is above zero.",
  });
  expect(placed).toEqual(["name", "capital.allocated"]);
});

it("is gone once what it is about was changed", () => {
  const { at, placed } = fieldFaults(refusal, placeOf, (name) => name !== "name");
  expect(at).toEqual({ capital: "It is above zero." });
  expect(placed).toContain("name");
});
