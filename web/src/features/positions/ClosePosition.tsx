/** Closing a position, wholly or in part. */
import { Button, Checkbox, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { PositionRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { useStopProfile } from "~/features/profile/useStopProfile";
import { compare, divide, floorTo, multiply, typedDecimal } from "~/format/decimal";
import { quantity } from "~/format/number";
import {
  useCanAct,
  useControl,
  useEvaluation,
  useLotSize,
  usePosition,
  usePositions,
  useProfile,
} from "~/realtime/hooks";
import { Gone } from "./Gone";
import { entersNext } from "./nextClose";
import { OfProfile } from "./OfProfile";
import { OpenProfit } from "./OpenProfit";
import classes from "./Positions.module.css";
import { amountFault } from "./ticketFaults";

export function CloseButton({ symbol, onAsk }: { symbol: string; onAsk: () => void }) {
  const canAct = useCanAct();
  const isPhone = useIsPhone();
  return (
    <Button
      size={isPhone ? "sm" : "compact-xs"}
      data-compact={isPhone ? undefined : true}
      variant="default"
      disabled={!canAct}
      aria-label={`Close ${symbol}`}
      onClick={onAsk}
    >
      Close
    </Button>
  );
}

/** It outlives the row that it was asked for, to say that the position is closed meanwhile. */
export function CloseDialog(props: { position: PositionRow | undefined; onDone: () => void }) {
  const { position, onDone } = props;
  return (
    <Modal
      opened={position !== undefined}
      onClose={onDone}
      title={position === undefined ? "" : `Close ${position.symbol}?`}
    >
      {position === undefined ? null : (
        <CloseForm key={position.tradeId} opened={position} onDone={onDone} />
      )}
    </Modal>
  );
}

function CloseForm({ opened, onDone }: { opened: PositionRow; onDone: () => void }) {
  const current = usePosition(opened.tradeId);
  const { tradeId, symbol, direction, quantity: held, currency } = current ?? opened;
  const [typed, setTyped] = useState(opened.quantity);
  const [stopsToo, setStopsToo] = useState(false);
  const lot = useLotSize(symbol) ?? "0";
  const canAct = useCanAct();
  const fault = unitsFault(typed, held);
  const units = typedDecimal(typed);
  const isAll = units !== undefined && compare(units, held) === 0;
  const entersAgain = useEntersAgain(opened) && isAll;
  const { close, stop } = useClose(opened, onDone);
  // What this very order has closed is told by its answer.
  const isGone = current === undefined && !close.isRunning && close.result === undefined;
  const share = (percent: string) =>
    setTyped(percent === "100" ? held : floorTo(divide(multiply(held, percent), "100", 12), lot));
  const verb = direction === "long" ? "Sell" : "Buy back";
  return (
    <>
      <OfProfile id={opened.profileId} />
      <Text>
        {verb} {units === undefined ? "…" : quantity(units)} {symbol} at market
        {isAll ? ", which is all of it" : ""}. Open profit now, {currency}:{" "}
        <OpenProfit tradeId={tradeId} symbol={symbol} />.
      </Text>
      <TextInput
        mt="sm"
        label="Quantity"
        inputMode="decimal"
        value={typed}
        error={fault}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <Group gap={6} mt={8}>
        {["25", "50", "100"].map((percent) => (
          <Button key={percent} size="compact-xs" variant="default" onClick={() => share(percent)}>
            {percent} %
          </Button>
        ))}
      </Group>
      {entersAgain && !isGone ? (
        <EntersAgain position={opened} stopsToo={stopsToo} onChange={setStopsToo} />
      ) : null}
      {isGone ? <Gone symbol={symbol} what="There is nothing to close any more." /> : null}
      <ProblemNote error={close.error} title={titleOf(stop)} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          {isGone ? "Leave" : "Keep it open"}
        </Button>
        <Button
          color="red"
          disabled={!canAct || isGone || fault !== undefined}
          loading={close.isRunning}
          onClick={() =>
            close.run({
              stopsToo: stopsToo && entersAgain,
              body: isAll ? {} : { quantity: units },
            })
          }
        >
          {isAll ? "Close it" : "Close this part"}
        </Button>
      </Group>
    </>
  );
}

function unitsFault(typed: string, held: string): string | undefined {
  if (typed.trim() === "") return "Write how many units.";
  const isMore = compare(typedDecimal(typed) ?? "0", held) > 0;
  return isMore ? `Only ${quantity(held)} are held.` : amountFault(typed, "digits such as 0.25");
}

/** What went wrong between the two things that were asked for, or neither. */
function titleOf(stop: ReturnType<typeof useStopProfile>): string | undefined {
  if (stop.error !== null) return "The profile was not stopped, so nothing is closed.";
  if (stop.result !== undefined) return "The profile is stopped, and the position is still open.";
  return undefined;
}

/** Closes, after the profile is stopped where that is wanted: nothing enters in between. */
function useClose({ tradeId, symbol, profileId }: PositionRow, onDone: () => void) {
  const name = useProfile(profileId)?.name ?? profileId;
  const stop = useStopProfile({ id: profileId, name });
  const close = useAction(
    async (asked: { stopsToo: boolean; body: { quantity?: string } }, key) => {
      if (asked.stopsToo) await stop.runAsync(undefined);
      else if (stop.error !== null) stop.reset();
      return answerOf(
        trading.POST("/api/positions/{id}/close", {
          params: { path: { id: tradeId }, header: { "Idempotency-Key": key } },
          body: asked.body,
        }),
      );
    },
    { done: `The order that closes ${symbol} is sent.`, onDone, once: true },
  );
  return { close, stop };
}

/** Whether the profile would enter as soon as nothing of this symbol is held. */
function useEntersAgain({ tradeId, profileId, symbol }: PositionRow): boolean {
  const profile = useProfile(profileId);
  const evaluation = useEvaluation(profileId, symbol);
  const control = useControl();
  const isHeldBesides = usePositions().some(
    (other) =>
      other.profileId === profileId && other.symbol === symbol && other.tradeId !== tradeId,
  );
  return (
    profile?.state === "running" &&
    profile.enters &&
    control?.mode === "RUNNING" &&
    !isHeldBesides &&
    evaluation !== undefined &&
    entersNext(evaluation)
  );
}

function EntersAgain(props: {
  position: PositionRow;
  stopsToo: boolean;
  onChange: (stopsToo: boolean) => void;
}) {
  const { position, stopsToo, onChange } = props;
  const profile = useProfile(position.profileId);
  if (profile === undefined) return null;
  return (
    <div className={classes.caution} role="note">
      {profile.name} enters {position.symbol} again at the close of its next {profile.timeframe} bar
      if its entry rule still holds, as it does now.
      <Checkbox
        mt={8}
        label="Stop the profile too, so that it does not enter again"
        checked={stopsToo}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    </div>
  );
}
