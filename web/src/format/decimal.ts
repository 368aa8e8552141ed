/**
 * Exact decimals. Amounts are text on the wire and stay text here: no step goes through a float.
 * What is computed is for showing and for filling in a form; the server decides.
 */

const PATTERN = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

interface Scaled {
  units: bigint;
  scale: number;
}

export function isDecimal(text: string): boolean {
  return PATTERN.test(text);
}

/** -1, 0 or 1. */
export function signOf(text: string): -1 | 0 | 1 {
  const { units } = scaled(text);
  return units > 0n ? 1 : units < 0n ? -1 : 0;
}

export function compare(one: string, other: string): number {
  const [a, b] = aligned(one, other);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function add(one: string, other: string): string {
  const scale = Math.max(scaled(one).scale, scaled(other).scale);
  const [a, b] = aligned(one, other);
  return text({ units: a + b, scale });
}

export function sum(amounts: readonly string[]): string {
  return amounts.reduce(add, "0");
}

export function subtract(one: string, other: string): string {
  return add(one, negate(other));
}

export function negate(amount: string): string {
  const { units, scale } = scaled(amount);
  return text({ units: -units, scale });
}

export function absolute(amount: string): string {
  return signOf(amount) < 0 ? negate(amount) : amount;
}

export function multiply(one: string, other: string): string {
  const a = scaled(one);
  const b = scaled(other);
  return text({ units: a.units * b.units, scale: a.scale + b.scale });
}

/** The quotient with `scale` digits after the point, cut towards zero. */
export function divide(one: string, other: string, scale: number): string {
  const a = scaled(one);
  const b = scaled(other);
  if (b.units === 0n) throw new RangeError("cannot divide by zero");
  const shift = scale + b.scale - a.scale;
  const units = shift >= 0 ? a.units * 10n ** BigInt(shift) : a.units / 10n ** BigInt(-shift);
  return text({ units: units / b.units, scale });
}

/** The largest multiple of `step` that is not more than a positive `amount`. */
export function floorTo(amount: string, step: string): string {
  if (signOf(step) <= 0) return amount;
  const [a, b] = aligned(amount, step);
  const scale = Math.max(scaled(amount).scale, scaled(step).scale);
  return text({ units: (a / b) * b, scale });
}

/** The smallest multiple of `step` that is not less than a positive `amount`. */
export function ceilTo(amount: string, step: string): string {
  const below = floorTo(amount, step);
  return compare(below, amount) < 0 ? add(below, step) : below;
}

/** Without zeros at the end of its fraction. */
export function trimmed(amount: string): string {
  return amount.includes(".") ? amount.replace(/\.?0+$/, "") : amount;
}

const PERCENT_DIGITS = 4;

/** A share such as 0.5 as 50, to a ten-thousandth. */
export function inPercent(share: string): string {
  return trimmed(divide(multiply(share, "100"), "1", PERCENT_DIGITS));
}

/** Digits after the point, ignoring zeros at the end. */
export function decimalsOf(amount: string): number {
  return /\.(\d*?)0*$/.exec(amount)?.[1]?.length ?? 0;
}

/** What a person typed as a decimal: grouping is dropped, a lone comma is a point. */
export function typedDecimal(typed: string): string | undefined {
  const compact = typed.trim().replaceAll(/[\s'’_]/g, "");
  const lastComma = compact.lastIndexOf(",");
  const lastPoint = compact.lastIndexOf(".");
  const isCommaDecimal =
    lastComma > lastPoint &&
    compact.indexOf(",") === lastComma &&
    !/^[+-]?[1-9]\d{0,2},\d{3}$/.test(compact);
  const plain = isCommaDecimal
    ? compact.replaceAll(".", "").replace(",", ".")
    : compact.replaceAll(",", "");
  return isDecimal(plain) ? plain.replace(/^\+/, "").replace(/^(-?)\./, "$10.") : undefined;
}

/** A figure of a statistic, which may have come as a number, as decimal text. */
export function decimalText(figure: string | number): string {
  const written = String(figure);
  return isDecimal(written) ? written : Number(figure).toFixed(12);
}

function scaled(amount: string): Scaled {
  if (!isDecimal(amount)) throw new RangeError(`not a decimal: ${amount}`);
  const [whole = "", fraction = ""] = amount.replace(/^\+/, "").split(".");
  return {
    units: BigInt(whole === "-" || whole === "" ? `${whole}0${fraction}` : whole + fraction),
    scale: fraction.length,
  };
}

function aligned(one: string, other: string): [bigint, bigint] {
  const a = scaled(one);
  const b = scaled(other);
  const scale = Math.max(a.scale, b.scale);
  return [a.units * 10n ** BigInt(scale - a.scale), b.units * 10n ** BigInt(scale - b.scale)];
}

function text({ units, scale }: Scaled): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  if (scale === 0) return sign + digits;
  const point = digits.length - scale;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
