import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LIMITS, LIMIT_GROUPS, withLimitTitles } from "./limits";

/** The names and what they measure, from the page that the server's own table makes. */
function documented(): Map<string, string> {
  const page = readFileSync("../docs/limits.md", "utf8");
  const rows = page.matchAll(/^\| `(\w+)` \| [^|]+ \| (\w+) \|/gm);
  return new Map([...rows].map(([, name = "", measures = ""]) => [name, measures]));
}

it("has words for every limit, and measures what the server does", () => {
  const own = Object.entries(LIMITS).map(([name, { measures }]) => [name, measures] as const);
  expect(new Map(own.sort())).toEqual(new Map([...documented()].sort()));
});

it("shows each limit in one group", () => {
  const grouped = LIMIT_GROUPS.flatMap(({ names }) => names);
  expect([...grouped].sort()).toEqual(Object.keys(LIMITS).sort());
});

it("says a limit by its title in a sentence of the server", () => {
  expect(withLimitTitles("order less, or raise maxExposure of the tenant")).toBe(
    "order less, or raise “Largest exposure” of the tenant",
  );
  expect(withLimitTitles("maxExposures is unknown")).toBe("maxExposures is unknown");
});
