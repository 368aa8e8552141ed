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

/** Lights up when the value rises or falls. */
export function Flash(props: { value: string; className?: string; children: ReactNode }) {
  const { value, className = "", children } = props;
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  useEffect(() => {
    const direction = compare(value, before.current);
    before.current = value;
    const span = element.current;
    if (direction === 0 || span === null) return;
    span.classList.remove("flash-up", "flash-down");
    // Reading a size makes the browser start the animation anew.
    span.getBoundingClientRect();
    span.classList.add(direction > 0 ? "flash-up" : "flash-down");
  }, [value]);
  return (
    <span ref={element} className={className}>
      {children}
    </span>
  );
}
