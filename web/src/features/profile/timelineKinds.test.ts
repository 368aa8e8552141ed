import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TIMELINE_KINDS } from "~/format/words";
import { KIND_GROUPS } from "./timelineKinds";

interface Description {
  components: {
    schemas: { TimelineRow: { properties: { kind: { description: string } } } };
  };
}

it("has a name and a group for every kind that the server tells of", () => {
  const api = JSON.parse(readFileSync("../docs/openapi.json", "utf8")) as Description;
  const { description } = api.components.schemas.TimelineRow.properties.kind;
  const kinds = [...description.matchAll(/`(\w+)`/g)].map(([, kind = ""]) => kind).sort();
  expect(kinds.length).toBeGreaterThan(10);
  expect(Object.keys(TIMELINE_KINDS).sort()).toEqual(kinds);
  expect(KIND_GROUPS.flatMap((group) => group.kinds).sort()).toEqual(kinds);
});
