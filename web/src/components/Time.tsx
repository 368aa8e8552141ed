/** An instant: relative or short, with the exact one and UTC under the pointer. */
import { useEffect, useSyncExternalStore } from "react";
import { usePreferences } from "~/app/preferences";
import { ago, ahead, shortTime, timeHint } from "~/format/time";

const TICK_MS = 5_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** One clock for all relative times of the page. */
export function useNow(): number {
  const current = useSyncExternalStore(subscribe, () => now);
  useEffect(() => {
    now = Date.now();
  }, []);
  return current;
}

export function Ago({ at }: { at: string }) {
  usePreferences();
  const moment = useNow();
  return (
    <time dateTime={at} title={timeHint(at)}>
      {ago(at, Math.max(moment, Date.parse(at)))}
    </time>
  );
}

/** An instant that is still to come. */
export function Ahead({ at }: { at: string }) {
  usePreferences();
  const moment = useNow();
  return (
    <time dateTime={at} title={timeHint(at)}>
      {ahead(at, moment)}
    </time>
  );
}

export function At({ at }: { at: string }) {
  usePreferences();
  return (
    <time dateTime={at} title={timeHint(at)}>
      {shortTime(at)}
    </time>
  );
}
