import { describe, expect, it } from "vitest";
import { samplePosition } from "~/realtime/samples";
import { heldBriefly, heldOf, heldSentences, holderOf } from "./heldParts";

describe("who holds what protects a position", () => {
  const venue = { atVenue: ["stop", "targets"], emulated: [] } as const;
  const both = { atVenue: ["stop"], emulated: ["trail", "breakEven", "barLimit"] } as const;

  it("is the venue, Ballast or both, and nobody where there is nothing", () => {
    expect([venue, both, { emulated: ["stop"] } as const, {}].map(holderOf)).toEqual([
      "venue",
      "both",
      "ballast",
      undefined,
    ]);
  });

  it("is said with what it means while Ballast is away", () => {
    expect(heldSentences(venue)).toEqual([
      "Stop and targets held by the venue: on guard also while Ballast is away.",
    ]);
    expect(heldSentences(both)).toEqual([
      "Stop held by the venue: on guard also while Ballast is away.",
      "Trail, move to break-even and limit on bars kept by Ballast: works only while it runs.",
    ]);
    expect(heldSentences({})).toEqual([]);
  });

  it("is nobody for a stop that is only where it would be liquidated", () => {
    const stop = { level: "200", kind: "liquidation" as const };
    expect(heldOf({ ...samplePosition, stop }).atVenue).toEqual(["targets"]);
    const own = { level: "95", kind: "stopLoss" as const };
    expect(heldOf({ ...samplePosition, stop: own }).atVenue).toEqual(["stop", "targets"]);
  });

  it("is said in a few words", () => {
    expect(heldBriefly(venue)).toBe("Stop and targets held by the venue");
    expect(heldBriefly({ atVenue: ["stop"], emulated: ["trail"] })).toBe(
      "Stop held by the venue, trail kept by Ballast",
    );
    expect(heldBriefly({})).toBe("");
  });
});
