/** Beside what protects a position or pairs an order: whether it goes on without Ballast. */
import { IconShieldCheck, IconShieldExclamation, IconShieldHalf } from "@tabler/icons-react";
import { heldBriefly, heldSentences, holderOf, type Held } from "./heldParts";
import classes from "./HeldMark.module.css";

const ICONS = { venue: IconShieldCheck, both: IconShieldHalf, ballast: IconShieldExclamation };

export function HeldMark({ held }: { held: Held }) {
  const holder = holderOf(held);
  if (holder === undefined) return null;
  const Icon = ICONS[holder];
  const words = heldSentences(held).join(" ");
  return (
    <span className={classes.mark} data-holder={holder} role="img" aria-label={words} title={words}>
      <Icon size={15} stroke={1.75} aria-hidden />
    </span>
  );
}

/** The same in a few words, where there is nothing to point with. */
export function HeldLine({ held }: { held: Held }) {
  const holder = holderOf(held);
  return holder === undefined ? null : (
    <span className={classes.line} data-holder={holder}>
      {heldBriefly(held)}
    </span>
  );
}
