/** Amounts in a sentence or a cell, each with its sign and colour where it is a gain or a loss. */
import { useEffect, useRef, type ReactNode } from "react";
import { compare, signOf } from "~/format/decimal";
import * as format from "~/format/number";

interface ProfitProps {
  /** Money, or percent when `unit` says so. */
  value: string | undefined;
  currency?: string;
  unit?: "money" | "percent";
  /** Shown behind the amount, in the same colour. */
  percent?: string;
  showCurrency?: boolean;
  flashes?: boolean;
}

export function Profit(props: ProfitProps) {
  const { value, currency, unit = "money", percent, showCurrency, flashes } = props;
  if (value === undefined) return <span className="number muted">–</span>;
  const sign = signOf(value);
  const colour = sign > 0 ? "profit" : sign < 0 ? "loss" : "";
  const text =
    unit === "percent" ? format.signedPercent(value) : format.signedMoney(value, currency);
  const content = (
    <>
      {text}
      {showCurrency === true && currency !== undefined ? ` ${currency}` : null}
      {percent === undefined ? null : ` (${format.signedPercent(percent)})`}
    </>
  );
  if (flashes !== true) return <span className={`number ${colour}`}>{content}</span>;
  return (
    <Flash value={value} className={`number ${colour}`}>
      {content}
    </Flash>
  );
}

const FLASH: KeyframeAnimationOptions = { duration: 380, easing: "ease-out" };
const lit = (colour: string): Keyframe[] => [
  { background: `color-mix(in srgb, ${colour} 15%, transparent)` },
  { background: "transparent" },
];
const RISE = lit("var(--profit)");
const FALL = lit("var(--loss)");
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Lights up when the value rises or falls, for less than 400 ms and without moving anything. */
export function Flash(props: { value: string; className?: string; children: ReactNode }) {
  const { value, className = "", children } = props;
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  const flash = useRef<Animation>(undefined);
  useEffect(() => {
    const direction = compare(value, before.current);
    before.current = value;
    if (direction === 0 || stillness.matches) return;
    // No style is read, so that many changes in a frame cost one layout.
    flash.current?.cancel();
    flash.current = element.current?.animate(direction > 0 ? RISE : FALL, FLASH);
  }, [value]);
  return (
    <span ref={element} className={`flash ${className}`}>
      {children}
    </span>
  );
}
