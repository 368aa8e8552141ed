/** What the server has refused of limits, each at its field while that is as it was sent. */
import { fieldFaults, type FieldFaults } from "~/components/fieldFaults";
import { LIMITS } from "~/format/limits";
import { pathsOf, type Typed } from "./limitSet";

const PREFIX = "limits.";

export function limitFaults(
  error: Error | null,
  typed: Typed,
  sent: Typed | undefined,
): FieldFaults<string> {
  return fieldFaults(error, placeOf, (path) => sent?.[path] === typed[path]);
}

/** A fault of a limit of several parts as a whole is told at the first of them. */
function placeOf(field: string): string | undefined {
  if (!field.startsWith(PREFIX)) return undefined;
  const path = field.slice(PREFIX.length);
  const [name = ""] = path.split(".");
  if (LIMITS[name] === undefined) return undefined;
  const paths = pathsOf(name).map((each) => each.path);
  return paths.includes(path) ? path : paths[0];
}
