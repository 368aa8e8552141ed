/** What keeps a profile from entering now, whatever its rules say: as the gate would answer. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { LockRow, ObstacleRow, ProfileRow } from "~/api/types";
import { explanationQuery } from "~/app/queries";
import { keyOf, useLocks } from "~/components/locks";
import { RefusalWords } from "~/components/RefusalWords";
import { useIsPhone } from "~/components/screen";
import { Said } from "~/components/Said";
import { Ago, Ahead, At } from "~/components/Time";
import { useControl, useHealth, useSilentSince } from "~/realtime/hooks";
import { LiftLock } from "./LiftLock";
import classes from "./Profile.module.css";

export function EntriesNow({ profile }: { profile: ProfileRow }) {
  const stops = useStops(profile);
  const locks = useLocks(profile);
  const isKnown = stops !== undefined;
  const count = (stops?.length ?? 0) + locks.length;
  return (
    <section className={classes.entries} aria-label="What stops entries now">
      <h2>{count === 0 && isKnown ? "Nothing stops entries now" : "What stops entries now"}</h2>
      {count === 0 ? (
        <p className="muted">
          {isKnown ? (
            <>
              It enters when its rules say so and its <Link to="/limits">limits</Link> allow it.
            </>
          ) : (
            "The risk gate is being asked."
          )}
        </p>
      ) : (
        <ul>
          {stops?.map(({ key, words }) => (
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

/** Undefined until the gate has answered. */
function useStops(profile: ProfileRow): Stop[] | undefined {
  const control = useControl()?.version;
  const store = useHealth()?.store.state;
  const silentSince = useSilentSince();
  // What these say of is heard at once; the rest is asked for again and again.
  const heard = [control, store, profile.version, profile.state, profile.locks.length].join();
  const { data } = useQuery(explanationQuery(profile.id, heard));
  if (data === undefined) return undefined;
  // Locks have a line of their own, from which they are lifted.
  const told = data.obstacles.filter(({ refusal }) => refusal.code !== "entriesLocked");
  const stops = told.map((obstacle) => ({
    key: `${obstacle.symbol ?? ""}|${obstacle.refusal.code}`,
    words: <ObstacleWords profile={profile} obstacle={obstacle} />,
  }));
  const tellsOfPrices = told.some(({ refusal }) => refusal.code.startsWith("marketData"));
  if (silentSince !== undefined && !tellsOfPrices) {
    const at = new Date(silentSince).toISOString();
    const words = (
      <span>
        No prices come in since <Ago at={at} />, and rules are read when a bar closes.
      </span>
    );
    stops.push({ key: "silence", words });
  }
  if (stops.length === 0 && !profile.enters && profile.locks.length === 0) {
    stops.push({ key: "leaves", words: <span>It may only leave what it holds.</span> });
  }
  return stops;
}

function ObstacleWords({ profile, obstacle }: { profile: ProfileRow; obstacle: ObstacleRow }) {
  const { symbol, refusal } = obstacle;
  const { stateReason } = profile;
  const why = stateReason === undefined || stateReason === "" ? "" : `: ${stateReason}`;
  if (refusal.code === "underReview") {
    return (
      <span>
        <Said text={`It is under review${why}. Look at its last events, then start it.`} />
      </span>
    );
  }
  if (refusal.code === "profileStopped") {
    return (
      <span>
        <Said text={`It is stopped${why}. It enters nothing until somebody starts it.`} />
      </span>
    );
  }
  return (
    <span>
      {symbol === undefined ? null : `${symbol}: `}
      <RefusalWords refusal={refusal} />
    </span>
  );
}
