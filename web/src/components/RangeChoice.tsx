/** Chooses the span of time that is shown beside it. */
import { SegmentedControl } from "@mantine/core";
import type { Range } from "./range";

const RANGES = [
  { value: "day", label: "Day" },
  { value: "month", label: "Month" },
  { value: "all", label: "All" },
] as const;

export function RangeChoice(props: { value: Range; onChange: (range: Range) => void }) {
  return (
    <SegmentedControl
      aria-label="Span of time"
      size="xs"
      data={[...RANGES]}
      value={props.value}
      onChange={props.onChange}
    />
  );
}
