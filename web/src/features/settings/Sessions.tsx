/** Where this person is signed in, and the ways to end it. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { answerOf, platform } from "~/api/client";
import type { Session } from "~/api/types";
import { sessionsQuery } from "~/app/queries";
import { Badge } from "~/components/Badge";
import { Confirm } from "~/components/Confirm";
import { Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { Ago } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { signOut } from "~/features/sign-in/signOut";
import { useCanAct } from "~/realtime/hooks";
import classes from "./Settings.module.css";

export function Sessions() {
  const query = useQuery(sessionsQuery);
  const everywhere = useAction(() => signOut(true));
  return (
    <Panel
      title="Sessions"
      flush
      actions={
        <Confirm
          size="compact-sm"
          label="Sign out everywhere"
          title="Sign out everywhere?"
          confirm="Sign out everywhere"
          action={everywhere}
        >
          <p>
            Every device is signed out within seconds, this one too. Trading on the server goes on.
          </p>
        </Confirm>
      }
    >
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending ? <Rows /> : null}
      {query.data?.sessions.map((session) => (
        <SessionLine key={session.id} session={session} />
      ))}
    </Panel>
  );
}

function SessionLine({ session }: { session: Session }) {
  const { id, userAgent, address, createdAt, lastUsedAt, current } = session;
  const canAct = useCanAct();
  const end = useAction(
    () =>
      answerOf(platform.DELETE("/platform/api/auth/sessions/{id}", { params: { path: { id } } })),
    { done: "That session is ended.", refreshes: [["sessions"]] },
  );
  return (
    <div className={classes.session}>
      <div>
        <div>
          <b>{device(userAgent)}</b> {current ? <Badge tone="good">This one</Badge> : null}
        </div>
        <div className="muted">
          Signed in <Ago at={createdAt} />, last seen <Ago at={lastUsedAt} />
          {address === "" ? "" : `, from ${address}`}
        </div>
        <ProblemNote error={end.error} />
      </div>
      {current ? (
        <Button size="compact-sm" variant="default" onClick={() => void signOut(false)}>
          Sign out
        </Button>
      ) : (
        <Button
          size="compact-sm"
          variant="default"
          disabled={!canAct}
          loading={end.isRunning}
          onClick={() => end.run(undefined)}
        >
          End it
        </Button>
      )}
    </div>
  );
}

/** A browser's description of itself in two words. */
function device(userAgent: string | undefined): string {
  if (userAgent === undefined) return "Unknown device";
  if (!userAgent.startsWith("Mozilla/")) return userAgent;
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(userAgent)?.[1] ?? "Browser";
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1] ?? "";
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "Mac" };
  return `${names[browser] ?? browser}${system === "" ? "" : ` on ${names[system] ?? system}`}`;
}
