/** The lines of a timeline by what they are about, as they are chosen from. */
import type { TimelineRow } from "~/api/types";
import type { Tone } from "~/components/Badge";

export const KIND_GROUPS: readonly { value: string; label: string; kinds: readonly string[] }[] = [
  { value: "decisions", label: "Decisions", kinds: ["evaluation"] },
  { value: "refusals", label: "Refusals", kinds: ["refusal"] },
  { value: "orders", label: "Orders and fills", kinds: ["order", "fill", "stop", "excursion"] },
  { value: "locks", label: "Locks and limits", kinds: ["lock", "limit"] },
  {
    value: "status",
    label: "Status and edits",
    kinds: ["status", "document", "review", "corporateAction"],
  },
];

export const isOfGroup = ({ kind }: TimelineRow, group: string | null): boolean =>
  group === null || KIND_GROUPS.find(({ value }) => value === group)?.kinds.includes(kind) === true;

const TONES: Record<string, Tone> = {
  fill: "good",
  refusal: "warning",
  lock: "warning",
  review: "critical",
};

export const toneOf = (kind: string): Tone => TONES[kind] ?? "neutral";
