/** What keeps a profile from entering now, whatever its rules say. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Control, LockRow, ProfileRow } from "~/api/types";
import { quoted } from "~/app/shell/controlMeaning";
import { keyOf, useLocks } from "~/components/locks";
import { useIsPhone } from "~/components/screen";
import { Said } from "~/components/Said";
import { Ago, Ahead, At } from "~/components/Time";
import { useControl, useHealth, useSilentSince } from "~/realtime/hooks";
import { LiftLock } from "./LiftLock";
import classes from "./Profile.module.css";

export function EntriesNow({ profile }: { profile: ProfileRow }) {
  const stops = useStops(profile);
  const locks = useLocks(profile);
  const count = stops.length + locks.length;
  return (
    <section className={classes.entries} aria-label="What stops entries now">
      <h2>{count === 0 ? "Nothing stops entries now" : "What stops entries now"}</h2>
      {count === 0 ? (
        <p className="muted">
          It enters when its rules say so and its <Link to="/limits">limits</Link> allow it.
        </p>
      ) : (
        <ul>
          {stops.map(({ key, words }) => (
            <li key={key}>{words}</li>
          ))}
          {locks.map((lock) => (
            <Locked key={keyOf(lock)} profile={profile} lock={lock} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Locked({ profile, lock }: { profile: ProfileRow; lock: LockRow }) {
  const isPhone = useIsPhone();
  const of = lock.symbol === undefined ? "" : ` of ${lock.symbol}`;
  return (
    <li>
      <span>
        Entries{of} are locked: {lock.text}. Free <Ahead at={lock.until} />, at{" "}
        <At at={lock.until} />.
        {isPhone ? <span className="muted"> A lock is lifted on the desktop.</span> : null}
      </span>
      {isPhone ? null : <LiftLock profile={profile} lock={lock} />}
    </li>
  );
}

interface Stop {
  key: string;
  words: ReactNode;
}

function useStops(profile: ProfileRow): Stop[] {
  const control = useControl();
  const store = useHealth()?.store.state;
  const silentSince = useSilentSince();
  const stops: Stop[] = [];
  if (control !== undefined && control.mode !== "RUNNING") {
    stops.push({ key: "control", words: <Controlled control={control} /> });
  }
  if (store === "unavailable") {
    const words = "The store is away, so that nothing could be recorded first. Exits go on.";
    stops.push({ key: "store", words });
  }
  if (silentSince !== undefined) {
    const at = new Date(silentSince).toISOString();
    const words = (
      <span>
        No prices come in since <Ago at={at} />, and rules are read when a bar closes.
      </span>
    );
    stops.push({ key: "silence", words });
  }
  const own = ownStop(profile, stops.length > 0);
  return own === undefined ? stops : [...stops, { key: "own", words: own }];
}

function Controlled({ control }: { control: Control }) {
  const { mode, lastChangedBy, lastChangedAt, reason } = control;
  if (mode === "UNKNOWN") return <span>Nobody can tell whether trading is stopped.</span>;
  return (
    <span>
      Trading is {mode === "PAUSED" ? "paused" : "halted"} by {lastChangedBy}{" "}
      <Ago at={lastChangedAt} />
      {reason === undefined || reason === "" ? "." : `: ${quoted(reason)}`}
    </span>
  );
}

/** Of the profile itself; `isToldOf` where what stops all profiles is told already. */
function ownStop({ state, stateReason, enters }: ProfileRow, isToldOf: boolean): ReactNode {
  const why = stateReason === undefined || stateReason === "" ? "" : `: ${stateReason}`;
  if (state === "underReview") {
    return (
      <span>
        <Said text={`It is under review${why}. Look at its last events, then start it.`} />
      </span>
    );
  }
  if (state === "stopped") {
    return (
      <span>
        <Said text={`It is stopped${why}. It enters nothing until somebody starts it.`} />
      </span>
    );
  }
  return enters || isToldOf ? undefined : <span>It may only leave what it holds.</span>;
}
