/** A sentence of the server cut at the instants in it, with limits by their titles. */
import { withLimitTitles } from "~/format/limits";
import { shortTime } from "~/format/time";

export type Part = { text: string; at?: undefined } | { at: string; text?: undefined };

/** As the server writes an instant into a sentence. */
const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** The same as one text, for what can have no elements. */
export const saidText = (text: string): string =>
  partsOf(text)
    .map(({ at, text: words }) => (at === undefined ? words : shortTime(at)))
    .join("");

export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: at, index } of text.matchAll(INSTANT)) {
    if (index > end) parts.push({ text: withLimitTitles(text.slice(end, index)) });
    parts.push({ at });
    end = index + at.length;
  }
  if (end < text.length) parts.push({ text: withLimitTitles(text.slice(end)) });
  return parts;
}
