/** Amounts in a sentence or a cell, each with its sign and colour where it is a gain or a loss. */
import { useEffect, useRef, type ReactNode } from "react";
import { compare } from "~/format/decimal";
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
  const isPercent = unit === "percent";
  const own = isPercent ? format.shownPercentSign(value) : format.shownSign(value, currency);
  // What is shown as nothing is neither gain nor loss.
  const sign = own || (percent === undefined ? 0 : format.shownPercentSign(percent));
  const colour = sign > 0 ? "profit" : sign < 0 ? "loss" : "";
  const text = isPercent ? format.signedPercent(value) : format.signedMoney(value, currency);
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

const FLASH_MS = 300;
const SWEEP_MS = 60;
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");
const lit = new Map<HTMLElement, number>();
let sweeping: ReturnType<typeof setInterval> | undefined;

/** A step rather than a fade: a fade draws the cell anew in every frame. */
function light(cell: HTMLElement, direction: number): void {
  if (stillness.matches) return;
  cell.dataset.flash = direction > 0 ? "up" : "down";
  lit.set(cell, performance.now() + FLASH_MS);
  sweeping ??= setInterval(sweep, SWEEP_MS);
}

function sweep(): void {
  const now = performance.now();
  for (const [cell, until] of lit) {
    if (now < until) continue;
    lit.delete(cell);
    delete cell.dataset.flash;
  }
  if (lit.size > 0) return;
  clearInterval(sweeping);
  sweeping = undefined;
}

/** Lights up when the value rises or falls, for less than 400 ms and without moving anything. */
export function Flash(props: { value: string; className?: string; children: ReactNode }) {
  const { value, className = "", children } = props;
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  useEffect(() => {
    const direction = compare(value, before.current);
    before.current = value;
    if (direction !== 0 && element.current !== null) light(element.current, direction);
  }, [value]);
  return (
    <span ref={element} className={`flash ${className}`}>
      {children}
    </span>
  );
}
