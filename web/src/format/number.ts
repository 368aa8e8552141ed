/** Numbers in words of the user's locale. `Intl` takes decimal text exactly. */
import { absolute, compare, decimalsOf, inPercent, signOf } from "./decimal";

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

/** The sign of an amount of money as it is shown: what rounds to nothing has none. */
export function shownSign(amount: string, currency?: string): -1 | 0 | 1 {
  return signWithin(amount, moneyDigits(currency));
}

/** The same of a percentage. */
export function shownPercentSign(amount: string, precision = 2): -1 | 0 | 1 {
  return signWithin(amount, precision);
}

function signWithin(amount: string, precision: number): -1 | 0 | 1 {
  const half = precision === 0 ? "0.5" : `0.${"0".repeat(precision)}5`;
  return compare(absolute(amount), half) < 0 ? 0 : signOf(amount);
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

/** A share such as 0.5 as 50 %. */
export function share(part: string): string {
  return `${quantity(inPercent(part))} %`;
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

/** For axes: with so many digits. */
export function fixed(amount: number, precision: number): string {
  return formatted(amount.toFixed(precision), digits(precision));
}

/** For axes of changes: with so many digits, and a sign unless it is zero. */
export function signedFixed(amount: number, precision: number): string {
  return formatted(amount.toFixed(precision), { ...digits(precision), ...SIGNED });
}

/** A change of money where there is little room: thousands are shortened to three digits. */
export function signedCompact(amount: string, currency?: string): string {
  if (compare(absolute(amount), "999.995") < 0) return signedMoney(amount, currency);
  return formatted(amount, { notation: "compact", maximumSignificantDigits: 3, ...SIGNED });
}

/**
 * A value of an indicator: as fine as its instrument's prices, and finer where it is far smaller
 * than those, such as a range of some ticks.
 */
export function indicatorValue(value: number, tick: string): string {
  const size = Math.abs(value);
  if (size >= 10) return formatted(value.toFixed(12), digits(2));
  if (size === 0 || size >= 100 * Number(tick)) {
    return formatted(value.toFixed(12), digits(Math.max(2, decimalsOf(tick))));
  }
  return formatted(value.toFixed(12), { maximumSignificantDigits: 3 });
}

function digits(precision: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: precision, maximumFractionDigits: precision };
}

function moneyDigits(currency: string | undefined): number {
  if (currency === undefined) return 2;
  if (currency === "JPY" || currency === "KRW") return 0;
  return currency === "BTC" || currency === "ETH" ? 8 : 2;
}
