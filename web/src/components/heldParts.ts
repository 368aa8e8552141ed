/** Who holds the parts of an order or a position: that tells what goes on without Ballast. */
import type { PartWord, PositionRow } from "~/api/types";
import { capital } from "~/format/words";
import { stopOf } from "./tradeMarks";

export interface Held {
  atVenue?: readonly PartWord[];
  emulated?: readonly PartWord[];
}

/** Of a position: where it would be liquidated is no stop that anybody holds for it. */
export function heldOf(
  position: Pick<PositionRow, "stop" | "atVenue" | "emulated">,
): Required<Held> {
  const isPart = (part: PartWord) => part !== "stop" || stopOf(position) !== undefined;
  return {
    atVenue: position.atVenue.filter(isPart),
    emulated: position.emulated.filter(isPart),
  };
}

/** `ballast` where the venue holds nothing of it. */
export type Holder = "venue" | "both" | "ballast";

const NAMES: Record<PartWord, string> = {
  stop: "stop",
  targets: "targets",
  trail: "trail",
  breakEven: "move to break-even",
  barLimit: "limit on bars",
  oco: "pair",
  trailingOrder: "trailing order",
};

export const partName = (part: PartWord): string => capital(NAMES[part]);

/** Undefined where there is nothing to hold. */
export function holderOf({ atVenue = [], emulated = [] }: Held): Holder | undefined {
  if (emulated.length === 0) return atVenue.length === 0 ? undefined : "venue";
  return atVenue.length === 0 ? "ballast" : "both";
}

export const isAtVenue = ({ atVenue = [] }: Held, part: PartWord): boolean =>
  atVenue.includes(part);

/** In a few words: `Stop held by the venue, trail kept by Ballast`. */
export function heldBriefly({ atVenue = [], emulated = [] }: Held): string {
  const parts = [
    ...(atVenue.length === 0 ? [] : [`${listed(atVenue)} held by the venue`]),
    ...(emulated.length === 0 ? [] : [`${listed(emulated)} kept by Ballast`]),
  ];
  return capital(parts.join(", "));
}

/** The same with what it means, a sentence for each holder. */
export function heldSentences({ atVenue = [], emulated = [] }: Held): string[] {
  return [
    ...(atVenue.length === 0
      ? []
      : [`${capital(listed(atVenue))} held by the venue: on guard also while Ballast is away.`]),
    ...(emulated.length === 0
      ? []
      : [`${capital(listed(emulated))} kept by Ballast: works only while it runs.`]),
  ];
}

function listed(parts: readonly PartWord[]): string {
  const names = parts.map((part) => NAMES[part]);
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}
