/** Says beside a price that nothing newer has come, and for how long. */
import { duration } from "~/format/time";
import { useHeardAt } from "~/realtime/hooks";
import { useNow } from "./Time";

/** Only for a price that is old: it counts on while it is shown. */
export function OldMark({ symbol }: { symbol: string }) {
  const now = useNow();
  const heardAt = useHeardAt(symbol);
  const age = heardAt === 0 ? "" : ` ${duration(Math.max(0, now - heardAt) / 1000)}`;
  return (
    <span
      className="old-mark"
      title={`No new price of ${symbol}. This is the last that was known.`}
    >
      old{age}
    </span>
  );
}
