/** What the server said, with times in the zone of whoever reads it and limits by their titles. */
import { partsOf } from "./saidParts";
import { At } from "./Time";

export function Said({ text }: { text: string }) {
  return partsOf(text).map(({ at, text: words }, index) =>
    at === undefined ? <span key={index}>{words}</span> : <At key={index} at={at} />,
  );
}
