/** How what is shown reaches this page, in a word and a sentence. */
import { useHasAccount } from "~/app/useSession";
import { Badge, type Tone } from "~/components/Badge";
import { Ago, useNow } from "~/components/Time";
import { duration } from "~/format/time";
import type { ConnectionState } from "~/realtime/connection";
import { useConnection, useHasState, useHealth, useSilentSince } from "~/realtime/hooks";
import classes from "./Shell.module.css";

const WORDS: Record<ConnectionState["kind"], { word: string; tone: Tone; hint: string }> = {
  connecting: { word: "Connecting", tone: "neutral", hint: "The connection is being made." },
  live: { word: "Live", tone: "good", hint: "Every change arrives at once." },
  reconnecting: {
    word: "Reconnecting",
    tone: "warning",
    hint: "The live connection was lost and is being made again.",
  },
  degraded: {
    word: "Every 3 s",
    tone: "warning",
    hint: "The live connection is away; the server is asked every 3 seconds instead.",
  },
  offline: {
    word: "Offline",
    tone: "critical",
    hint: "The server is not reached. What is shown is old, and nothing can be sent.",
  },
};

export function ConnectionBadge() {
  const { kind } = useConnection();
  const health = useHealth();
  const { word, tone, hint } = WORDS[kind];
  if (kind === "live" && health?.state === "degraded") {
    return (
      <Badge tone="warning" hint={health.error ?? "Something on the server needs attention."}>
        Degraded
      </Badge>
    );
  }
  return (
    <Badge tone={tone} hint={hint}>
      {word}
    </Badge>
  );
}

/** Said across the page while what is shown may be old. */
export function ConnectionBanner() {
  const connection = useConnection();
  const hasState = useHasState();
  const now = useNow();
  if (connection.kind === "offline") {
    return (
      <div className={classes.banner} data-tone="critical" role="status">
        <strong>Offline.</strong>{" "}
        {hasState ? (
          <>
            What you see was last known <Ago at={new Date(connection.since).toISOString()} />.
          </>
        ) : (
          "Nothing could be loaded yet."
        )}{" "}
        The server does not answer this browser, so nothing can be sent. Whether trading goes on is
        not known here; stops that rest at the venue stay there.
      </div>
    );
  }
  if (connection.kind === "degraded") {
    const seconds = Math.max(0, (now - connection.since) / 1000);
    return (
      <div className={classes.banner} data-tone="warning" role="status">
        <strong>No live connection</strong> for {duration(seconds)}. The server is asked every 3
        seconds; what you do is still carried out.
      </div>
    );
  }
  return <SilenceBanner />;
}

/** Said while the server is reached, but no prices come in there. */
function SilenceBanner() {
  const since = useSilentSince();
  const now = useNow();
  const hasEnded = useHealth()?.feeds.some(({ state }) => state === "ended") === true;
  if (since === undefined) return null;
  return (
    <div className={classes.banner} data-tone="warning" role="status">
      {hasEnded ? (
        <>
          <strong>The market has ended.</strong> No further price comes.
        </>
      ) : (
        <>
          <strong>No new prices</strong> for {duration(Math.max(0, now - since) / 1000)}.
        </>
      )}{" "}
      Prices, profits and charts show the last that was known. Stops and targets that the server
      watches wait for a price as well.
    </div>
  );
}

/** Says that nobody has to sign in, where that is so. */
export function OpenBanner() {
  if (useHasAccount()) return null;
  return (
    <div className={classes.banner} data-tone="warning" role="status">
      <strong>Sign-in is switched off.</strong> Whoever reaches this server is one and the same
      user.
    </div>
  );
}

/** Says that no real money moves, where that is so. */
export function MarketBanner({ market, paperOnly }: { market: string; paperOnly: boolean }) {
  if (market !== "simulated" && market !== "replay" && !paperOnly) return null;
  const name = market === "replay" ? "Replayed market" : "Simulated market";
  return (
    <div className={classes.market}>
      {market === "simulated" || market === "replay" ? name : "Live prices"}, paper money
    </div>
  );
}
