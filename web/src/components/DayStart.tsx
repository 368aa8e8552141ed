/** From when the day of a "day profit" counts, which is not the midnight of everybody's zone. */
import { usePreferences } from "~/app/preferences";
import { timeHint } from "~/format/time";
import { useDayStart } from "~/realtime/hooks";

/** The words, where there is room for them. */
export function SinceDayStart() {
  usePreferences();
  const at = useDayStart();
  return (
    <time dateTime={at} title={timeHint(at)}>
      since 00:00 UTC
    </time>
  );
}

/** The heading of a column, which says it under the pointer. */
export function DayProfitHeading() {
  usePreferences();
  const at = useDayStart();
  return <span title={`Since 00:00 UTC:\n${timeHint(at)}`}>Day profit</span>;
}
