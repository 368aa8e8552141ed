/** Parts of a profile that several views show. */
import type { EvaluationRow, ProfileRow } from "~/api/types";
import { Badge, type Tone } from "~/components/Badge";
import { useToldNow } from "~/components/latestEvaluation";
import { Said } from "~/components/Said";
import { saidText } from "~/components/saidParts";
import { keyOf, lockedWord, useLocks } from "~/components/locks";
import { Ago, Ahead } from "~/components/Time";
import { capital, profileState } from "~/format/words";
import { useEvaluation } from "~/realtime/hooks";
import classes from "./Strategies.module.css";

export function ProfileState({ profile }: { profile: ProfileRow }) {
  const { state, enters } = profile;
  const locks = useLocks(profile);
  const tone: Tone =
    state === "underReview" ? "warning" : state === "running" && enters ? "good" : "neutral";
  return (
    <span className={classes.state}>
      <Badge tone={tone}>
        {profileState(state)}
        {state === "running" && !enters ? ", no entries" : ""}
      </Badge>
      {locks.length === 0 ? null : (
        <Badge tone="warning" hint={locks.map(({ text }) => text).join("\n")}>
          {lockedWord(locks)}
        </Badge>
      )}
    </span>
  );
}

/** Why it does not run: of one that runs, its state says enough. */
export function StateReason({ profile: { state, stateReason = "" } }: { profile: ProfileRow }) {
  return state === "running" || stateReason === "" ? null : (
    <span className={classes.stateReason}>{stateReason}</span>
  );
}

/** What has locked its entries, and for how long still. */
export function LockReasons({ profile }: { profile: ProfileRow }) {
  const locks = useLocks(profile);
  return locks.map((lock) => (
    <span key={keyOf(lock)} className={classes.lockReason}>
      {locks.length === 1 ? capital(lock.text) : `${lock.symbol ?? "All"}: ${lock.text}`}; free{" "}
      <Ahead at={lock.until} />
    </span>
  ));
}

function useLastEvaluation({ id, evaluations, symbols }: ProfileRow): EvaluationRow | undefined {
  const newest = [...evaluations].sort((a, b) => b.at.localeCompare(a.at))[0];
  const current = useEvaluation(id, newest?.symbol ?? symbols[0] ?? "");
  return current ?? newest;
}

/** The newest evaluation's sentence over all symbols of the profile. */
export function LastExplanation({ profile }: { profile: ProfileRow }) {
  const shown = useToldNow(profile, useLastEvaluation(profile));
  if (shown === undefined) {
    return <span className="muted">The first bar has not closed yet.</span>;
  }
  return (
    <span className={classes.explanation} title={saidText(shown.text)}>
      <Said text={shown.text} />
    </span>
  );
}

/** How old that is. */
export function LastExplained({ profile }: { profile: ProfileRow }) {
  const shown = useLastEvaluation(profile);
  return shown === undefined ? (
    <>–</>
  ) : (
    <span className="muted">
      <Ago at={shown.at} />
    </span>
  );
}
