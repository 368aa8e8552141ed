/** Parts of a profile that several views show. */
import type { ProfileRow } from "~/api/types";
import { Badge, type Tone } from "~/components/Badge";
import { Ago } from "~/components/Time";
import { profileState } from "~/format/words";
import { useEvaluation } from "~/realtime/hooks";

export function ProfileState({ profile }: { profile: ProfileRow }) {
  const { state, enters, stateReason } = profile;
  const tone: Tone =
    state === "underReview" ? "warning" : state === "running" && enters ? "good" : "neutral";
  return (
    <Badge tone={tone} hint={stateReason}>
      {profileState(state)}
      {state === "running" && !enters ? ", no entries" : ""}
    </Badge>
  );
}

/** The newest evaluation's sentence over all symbols of the profile. */
export function LastExplanation({ profile }: { profile: ProfileRow }) {
  const newest = [...profile.evaluations].sort((a, b) => b.at.localeCompare(a.at))[0];
  const current = useEvaluation(profile.id, newest?.symbol ?? profile.symbols[0] ?? "");
  const shown = current ?? newest;
  if (shown === undefined) {
    return <span className="muted">The first bar has not closed yet.</span>;
  }
  return (
    <span title={shown.text}>
      {shown.text}{" "}
      <span className="muted">
        <Ago at={shown.at} />
      </span>
    </span>
  );
}
