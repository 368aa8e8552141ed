/** What nobody waits for: loaded after what is shown first, and left out when it cannot be. */
import { useEffect, useRef, useState, type ComponentType, type ReactNode } from "react";

interface LaterProps<Props> {
  load: () => Promise<{ default: ComponentType<Props> }>;
  /** Somebody waits for it after all. */
  isWanted?: boolean;
  props: Props;
  /** What stands there until then. */
  fallback?: ReactNode;
}

/** Long enough for what is shown first to be there. */
const SETTLE_MS = 1_000;

export function Later<Props extends object>(asked: LaterProps<Props>) {
  const { load, isWanted, props, fallback = null } = asked;
  const [Loaded, setLoaded] = useState<ComponentType<Props>>();
  const first = useRef(load);
  useEffect(() => {
    const begin = () =>
      first.current().then(
        ({ default: component }) => setLoaded(() => component),
        () => undefined,
      );
    const timer = setTimeout(() => void begin(), isWanted === true ? 0 : SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isWanted]);
  return Loaded === undefined ? fallback : <Loaded {...props} />;
}
