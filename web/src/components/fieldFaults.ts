/** What the server said of a form's fields, each at its place while that is as it was sent. */
import { asProblem } from "~/api/problem";
import { sentence } from "./RefusalWords";

export interface FieldFaults<Name extends string> {
  /** By the form's own names. */
  at: Partial<Record<Name, string>>;
  /** What has a place, by the server's names, also where it was changed since. */
  placed: string[];
}

export function fieldFaults<Name extends string>(
  error: Error | null,
  placeOf: (field: string) => Name | undefined,
  isAsSent: (name: Name) => boolean,
): FieldFaults<Name> {
  const found: FieldFaults<Name> = { at: {}, placed: [] };
  if (error === null) return found;
  for (const { field, message } of asProblem(error).fields) {
    const name = placeOf(field);
    if (name === undefined) continue;
    found.placed.push(field);
    if (isAsSent(name)) found.at[name] ??= spokenFault(message);
  }
  return found;
}

/** Messages go on from the name of their field. */
export function spokenFault(message: string): string {
  const isPredicate = /^(is|are|must|may|has|belongs|says|names|lies)\b/.test(message);
  return sentence(isPredicate ? `it ${message}` : message);
}
