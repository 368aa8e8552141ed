/** Frees entries before their lock ends; it says first which, and what stays as it is. */
import { Text } from "@mantine/core";
import { answerOf, trading } from "~/api/client";
import type { LockRow, ProfileRow } from "~/api/types";
import { Confirm } from "~/components/Confirm";
import { keyOf, useLocks } from "~/components/locks";
import { sentence } from "~/components/RefusalWords";
import { Ahead, At } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { limitTitle } from "~/format/limits";

interface LiftLockProps {
  profile: ProfileRow;
  lock: LockRow;
}

export function LiftLock({ profile, lock }: LiftLockProps) {
  const { id, name } = profile;
  const { symbol } = lock;
  const what = symbol ?? name;
  const lift = useAction(
    (_: undefined, key) =>
      answerOf(
        trading.POST("/api/profiles/{id}/unlock", {
          params: { path: { id } },
          headers: { "Idempotency-Key": key },
          body: { symbol },
        }),
      ),
    {
      done: `Entries of ${what} are free again.`,
      refreshes: [["profile", id]],
    },
  );
  // Of an instrument, all its locks end; of the profile, each there is.
  const ended = useLocks(profile).filter((each) => symbol === undefined || each.symbol === symbol);
  return (
    <Confirm
      size="compact-sm"
      label="Lift"
      ariaLabel={`Lift the lock of ${what}`}
      title={`Let ${name} enter ${symbol ?? "again"} now?`}
      confirm="Lift it"
      action={lift}
    >
      <p>
        {symbol === undefined ? "All locks of the profile end" : `Every lock of ${symbol} ends`} at
        once:
      </p>
      <ul>
        {ended.map((each) => (
          <li key={keyOf(each)}>
            {each.symbol ?? "All instruments"}, which would be free <Ahead at={each.until} /> (
            <At at={each.until} />
            ). {sentence(each.text)}
          </li>
        ))}
      </ul>
      <Text size="sm" className="muted">
        “{limitTitle(lock.limit)}” stays as it is, and locks again when a trade closes that it
        applies to.
      </Text>
    </Confirm>
  );
}
