/** The gate's no as a sentence, with its numbers and times as this person reads them. */
import type { ReactNode } from "react";
import type { RefusalBody } from "~/api/types";
import { isDecimal } from "~/format/decimal";
import { limitTitle } from "~/format/limits";
import { money, price, quantity, share } from "~/format/number";
import { capital, spoken } from "~/format/words";
import { LIMIT_NUMBERS, type Change, type Numbers } from "./limitNumbers";
import { Said } from "./Said";
import { At } from "./Time";

export function RefusalWords({ refusal }: { refusal: RefusalBody }) {
  return <>{wordsOf(refusal) ?? <Said text={sentence(refusal.text)} />}</>;
}

/** Undefined where the server's own words are as good, or a number is missing. */
function wordsOf(refusal: RefusalBody): ReactNode {
  if (refusal.code === "control") return <ControlWords refusal={refusal} />;
  const numbers = NUMBERS[refusal.code];
  if (numbers === undefined) return undefined;
  const values = numbers.members.map((name) => decimalOf(refusal[name]));
  const isWhole = values.every((value) => value !== undefined);
  if (!isWhole) return undefined;
  const told = numbers.words(...values);
  return numbers.change === undefined ? told : `${told}${changeWords(numbers.change, refusal)}`;
}

/** What would let it pass: something else, or another limit, of whoever has set that. */
function changeWords({ limit, instead, verb = "raise" }: Change, { scope }: RefusalBody): string {
  const title = `“${limitTitle(limit)}”`;
  if (scope === "product") return ` ${instead}, or ask an operator to ${verb} ${title}.`;
  const whose = typeof scope === "string" ? WHOSE[scope] : undefined;
  return whose === undefined ? ` ${instead}.` : ` ${instead}, or ${verb} ${title} ${whose}.`;
}

const WHOSE: Record<string, string> = {
  tenant: "under Limits",
  profile: "of the profile",
  strategy: "in the profile's config",
};

/** Who has stopped what, since when and why. */
function ControlWords({ refusal }: { refusal: RefusalBody }) {
  const mode = textOf(refusal.mode);
  const by = textOf(refusal.by);
  const at = textOf(refusal.at);
  const reason = textOf(refusal.reason);
  if (mode === undefined || by === undefined) return <Said text={sentence(refusal.text)} />;
  return (
    <>
      Entries{placeOf(refusal.scope)} are stopped: {mode} by {by}
      {at === undefined ? null : (
        <>
          {" "}
          since <At at={at} />
        </>
      )}
      {reason === undefined ? "." : `: “${reason}”.`} Exits, stops and targets go on. An operator
      can resume trading.
    </>
  );
}

function placeOf(scope: unknown): string {
  if (typeof scope !== "object" || scope === null) return "";
  const { type, id } = scope as { type?: unknown; id?: unknown };
  if (typeof type !== "string" || typeof id !== "string") return "";
  if (type === "tenant") return " of this account";
  if (type === "profile") return " of this profile";
  return type === "symbol" ? ` of ${id}` : ` at ${spoken(type).toLowerCase()} ${id}`;
}

type Code = RefusalBody["code"];

const NUMBERS: Partial<Record<Code, Numbers>> = {
  insufficientCapital: {
    members: ["needed", "available"],
    words: (needed = "", available = "") =>
      `It needs ${money(needed)}, and ${money(available)} is available. ` +
      "Make the order smaller, close something, or allocate more capital.",
  },
  notionalBelowMinimum: {
    members: ["notional", "minimum"],
    words: (notional = "", minimum = "") =>
      `The order is worth ${money(notional)}, and the venue takes ${money(minimum)} or more. ` +
      "Make the order larger.",
  },
  nothingToReduce: {
    members: ["held", "claimed"],
    words: (held = "", claimed = "") =>
      `Nothing is left to close: ${quantity(held)} held, ` +
      `${quantity(claimed)} being closed already. ` +
      "Cancel one of the orders that close it, or let them fill.",
  },
  quantityBelowFilled: {
    members: ["quantity", "filled"],
    words: (units = "", filled = "") =>
      `${quantity(units)} units in all are no more than the ${quantity(filled)} ` +
      "that have filled. Ask for more than that, or cancel what is left.",
  },
  stopOffTick: {
    members: ["level", "below", "above"],
    words: (level = "", below = "", above = "") =>
      `${price(level)} is no price of the venue. Choose ${price(below)} or ${price(above)}.`,
  },
  stopPassedAtEntry: {
    members: ["level", "price"],
    words: (level = "", entry = "") =>
      `A stop at ${price(level)} would end the trade as it begins: it would enter at about ` +
      `${price(entry)}. Choose a level on the side of the loss.`,
  },
  stopBeyondPrice: {
    members: ["level", "price"],
    words: (level = "", last = "") =>
      `A stop at ${price(level)} would be reached at once: the last price is ${price(last)}. ` +
      "Choose a level on the side of the loss, or close the trade.",
  },
  targetOffTick: {
    members: ["level", "below", "above"],
    words: (level = "", below = "", above = "") =>
      `${price(level)} is no price of the venue. Choose ${price(below)} or ${price(above)}.`,
  },
  targetBeyondPrice: {
    members: ["level", "price"],
    words: (level = "", last = "") =>
      `A target at ${price(level)} would be reached at once: the last price is ${price(last)}. ` +
      "Choose a level on the side of the profit, or close that part.",
  },
  targetsAboveEntry: {
    members: ["portions"],
    words: (portions = "") =>
      `The targets would close ${share(portions)} of the entry, those that have filled included. ` +
      "Choose portions that come to 100 % at most.",
  },
  targetsAboveHeld: {
    members: ["quantity", "held", "most"],
    words: (units = "", held = "", most = "") =>
      `The targets would close ${quantity(units)} units, and ${quantity(held)} are held. ` +
      `Choose portions that come to ${share(most)} at most.`,
  },
  ...LIMIT_NUMBERS,
};

function textOf(member: unknown): string | undefined {
  return typeof member === "string" && member !== "" ? member : undefined;
}

function decimalOf(member: unknown): string | undefined {
  const text = typeof member === "number" ? String(member) : textOf(member);
  return text !== undefined && isDecimal(text) ? text : undefined;
}

/** A message with a capital and an end. */
export function sentence(text: string): string {
  const begun = capital(text);
  return /[.!?…”]$/.test(begun) ? begun : `${begun}.`;
}
