/** Parts of a profile that several views show. */
import type { ProfileRow } from "~/api/types";
import { Badge, type Tone } from "~/components/Badge";
import { Ago } from "~/components/Time";
import { profileStatus } from "~/format/words";
import { useEvaluation } from "~/realtime/hooks";

export function ProfileStatus({ profile }: { profile: ProfileRow }) {
  const { status, enters, statusReason } = profile;
  const tone: Tone =
    status === "underReview" ? "warning" : status === "running" && enters ? "good" : "neutral";
  return (
    <Badge tone={tone} hint={statusReason}>
      {profileStatus(status)}
      {status === "running" && !enters ? ", no entries" : ""}
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
