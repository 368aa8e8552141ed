/** Numbers in words of the user's locale. `Intl` takes decimal text exactly. */
import { decimalsOf } from "./decimal";

const MINUS = "\u2212";
const SIGNED: Intl.NumberFormatOptions = { signDisplay: "exceptZero" };
const formatters = new Map<string, Intl.NumberFormat>();

function formatted(amount: string, options: Intl.NumberFormatOptions): string {
  const key = JSON.stringify(options);
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    // Never the minus of a zero: what rounds to nothing is shown as nothing.
    formatter = new Intl.NumberFormat(undefined, { signDisplay: "negative", ...options });
    formatters.set(key, formatter);
  }
  const text = formatter.format(amount as Intl.StringNumericLiteral);
  // A true minus is as wide as a plus, so that columns do not jump.
  return text.replaceAll("-", MINUS);
}

/** Money without its currency: two digits, or more for currencies that are divided finer. */
export function money(amount: string, currency?: string): string {
  return formatted(amount, digits(moneyDigits(currency)));
}

/** Money with its currency behind it, as in tables of several currencies. */
export function moneyIn(amount: string, currency: string): string {
  return `${money(amount, currency)} ${currency}`;
}

/** A change of money: always with a sign. */
export function signedMoney(amount: string, currency?: string): string {
  return formatted(amount, { ...digits(moneyDigits(currency)), ...SIGNED });
}

/** A price with the digits that it came with, at least two. */
export function price(amount: string, tick?: string): string {
  return formatted(amount, digits(Math.max(2, decimalsOf(tick ?? amount))));
}

/** A quantity with no digit more than it needs. */
export function quantity(amount: string): string {
  return formatted(amount, { maximumFractionDigits: 12 });
}

/** A share in percent: the number is percent already. */
export function percent(amount: string, precision = 2): string {
  return `${formatted(amount, digits(precision))} %`;
}

/** A change in percent: always with a sign. */
export function signedPercent(amount: string, precision = 2): string {
  return `${formatted(amount, { ...digits(precision), ...SIGNED })} %`;
}

export function count(amount: number): string {
  return formatted(String(amount), { maximumFractionDigits: 0 });
}

/** A figure that a statistic made, such as a ratio. */
export function ratio(amount: string | number | null | undefined, precision = 2): string {
  if (amount === null || amount === undefined) return "–";
  const text = String(amount);
  return Number.isFinite(Number(text)) ? formatted(text, digits(precision)) : "∞";
}

/** For axes: as short as can be. */
export function compact(amount: number): string {
  return formatted(String(amount), { notation: "compact", maximumFractionDigits: 2 });
}

/** A change of money where there is little room: three digits, always with a sign. */
export function signedCompact(amount: string): string {
  return formatted(amount, { notation: "compact", maximumSignificantDigits: 3, ...SIGNED });
}

function digits(precision: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: precision, maximumFractionDigits: precision };
}

function moneyDigits(currency: string | undefined): number {
  if (currency === undefined) return 2;
  if (currency === "JPY" || currency === "KRW") return 0;
  return currency === "BTC" || currency === "ETH" ? 8 : 2;
}
