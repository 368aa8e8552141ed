/** How long somebody has to wait who has tried too often, counted down to its end. */
import { Alert } from "@mantine/core";
import { useEffect, useState } from "react";
import { asProblem, type Wait } from "~/api/problem";
import { duration } from "~/format/time";

/** What the server asks to wait for, and the seconds that are left of it. */
export function useWait(error: Error | null): { wait: Wait; left: number } | undefined {
  const wait = error === null ? undefined : asProblem(error).wait;
  const [now, setNow] = useState(Date.now);
  const until = wait?.until ?? 0;
  useEffect(() => {
    const tick = () => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    };
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [until]);
  if (wait === undefined) return undefined;
  return { wait, left: Math.max(0, Math.ceil((until - now) / 1000)) };
}

export function WaitNote({ error, left }: { error: Error; left: number }) {
  const { message, wait } = asProblem(error);
  if (left === 0) return <Alert role="status">You can try again now.</Alert>;
  const [before, after] = message.split(wait?.words ?? message);
  return (
    <Alert color="red" role="alert">
      {before}
      {/* A timer is no news each second: it is not read out by itself. */}
      <span role="timer" className="number">
        {duration(left)}
      </span>
      {after}
    </Alert>
  );
}
