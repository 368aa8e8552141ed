/** Moving the stop of a position, from where the person has seen it. */
import { Alert, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import type { PositionRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { stopOf } from "~/components/tradeMarks";
import { useAction } from "~/components/useAction";
import { compare, decimalsOf, typedDecimal } from "~/format/decimal";
import { price } from "~/format/number";
import { spoken } from "~/format/words";
import { useCanAct, usePosition, useTickSize } from "~/realtime/hooks";
import { Gone } from "./Gone";
import { OfProfile } from "./OfProfile";
import { changesOf, startOf, whatMovesItFurther } from "./positionChanges";
import classes from "./Positions.module.css";
import { amountFault } from "./ticketFaults";

export function StopButton({ symbol, onAsk }: { symbol: string; onAsk: () => void }) {
  const canAct = useCanAct();
  return (
    <Button
      size="compact-xs"
      data-compact
      variant="default"
      disabled={!canAct}
      aria-label={`Move stop of ${symbol}`}
      onClick={onAsk}
    >
      Move stop
    </Button>
  );
}

/** It outlives the row that it was asked for, to say that the position is closed meanwhile. */
export function StopDialog(props: { position: PositionRow | undefined; onDone: () => void }) {
  const { position, onDone } = props;
  return (
    <Modal
      opened={position !== undefined}
      onClose={onDone}
      title={position === undefined ? "" : `Move the stop of ${position.symbol}`}
    >
      {position === undefined ? null : (
        <StopForm key={position.tradeId} opened={position} onDone={onDone} />
      )}
    </Modal>
  );
}

const NO_STOP = "There is no stop to move any more.";

/** The position as it was known, and as it is now; undefined when it is closed. */
interface Meanwhile {
  before: PositionRow;
  now: PositionRow | undefined;
}

function StopForm({ opened, onDone }: { opened: PositionRow; onDone: () => void }) {
  const { tradeId, symbol, direction, entryPrice } = opened;
  // What the person has been shown: a live change moves neither it nor what is typed.
  const [seen, setSeen] = useState(opened);
  const [meanwhile, setMeanwhile] = useState<Meanwhile>();
  const tick = useTickSize(symbol);
  const current = usePosition(tradeId);
  const [typed, setTyped] = useState(() => beginOf(opened, tick));
  const canAct = useCanAct();
  const fault = typed.trim() === "" ? "Write a price." : amountFault(typed, "a price");
  const level = fault === undefined ? typedDecimal(typed) : undefined;
  const { lastPrice: last, stop } = current ?? seen;
  const isLiquidated = stop?.kind === "liquidation";
  const isBeyond =
    level !== undefined &&
    last !== undefined &&
    (direction === "long" ? compare(level, last) >= 0 : compare(level, last) <= 0);
  const lookAgain = async () => {
    const { items } = await answerOf(trading.GET("/api/positions"));
    const now = items.find((each) => each.tradeId === tradeId);
    setMeanwhile({ before: seen, now });
    if (now !== undefined) setSeen(now);
  };
  const move = useMove(opened, lookAgain, onDone);
  const isConflict = move.error !== null && asProblem(move.error).status === 412;
  const isGone = current === undefined || (meanwhile !== undefined && meanwhile.now === undefined);
  const further = whatMovesItFurther(seen.stop);
  return (
    <>
      <OfProfile id={opened.profileId} />
      <Text className="muted" size="sm">
        {spoken(direction)} from {price(entryPrice, tick)}, last{" "}
        {last === undefined ? "unknown" : price(last, tick)},{" "}
        {isLiquidated ? "stop none, liquidated at" : "stop"}{" "}
        {stop === undefined ? "none" : price(stop.level, tick)}.
      </Text>
      <TextInput
        mt="sm"
        label="Stop at"
        inputMode="decimal"
        data-autofocus
        value={typed}
        error={fault}
        description={
          isBeyond ? "The price is beyond this level already. To leave now, close it." : undefined
        }
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      {further === undefined ? null : <p className={classes.formNote}>{further}</p>}
      {isConflict && meanwhile !== undefined ? (
        <Changed {...meanwhile} tick={tick} typed={typed} onTake={setTyped} />
      ) : (
        <ProblemNote error={move.error} />
      )}
      {isGone && !isConflict ? <Gone symbol={symbol} what={NO_STOP} /> : null}
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button
          disabled={!canAct || level === undefined || isBeyond || isGone}
          loading={move.isRunning}
          onClick={() => level !== undefined && move.run({ level, version: seen.version })}
        >
          Move the stop{level === undefined ? "" : ` to ${priceAsTyped(level, tick)}`}
        </Button>
      </Group>
    </>
  );
}

/** Its stop as a price of the venue; nothing where it has none. */
function beginOf(position: PositionRow, tick: string | undefined): string {
  const stop = stopOf(position);
  return stop === undefined ? "" : startOf(stop.level, position, tick);
}

/** With the digits of the venue's prices, and with all that were typed where those are more. */
function priceAsTyped(level: string, tick: string | undefined): string {
  return price(level, decimalsOf(level) > decimalsOf(tick ?? "0") ? undefined : tick);
}

function useMove(
  { tradeId, symbol }: PositionRow,
  lookAgain: () => Promise<void>,
  onDone: () => void,
) {
  return useAction(
    async (asked: { level: string; version: number }, key) => {
      try {
        return await answerOf(
          trading.PATCH("/api/positions/{id}", {
            params: { path: { id: tradeId }, header: { "If-Match": `"${asked.version}"` } },
            headers: { "Idempotency-Key": key },
            body: { stop: { level: asked.level } },
          }),
        );
      } catch (error) {
        if (asProblem(error).status === 412) await lookAgain();
        throw error;
      }
    },
    { done: `The stop of ${symbol} has moved.`, onDone, once: true },
  );
}

/** What somebody or something else has changed since the form was opened or last sent. */
function Changed(
  props: Meanwhile & { tick: string | undefined; typed: string; onTake: (level: string) => void },
) {
  const { before, now, tick, typed, onTake } = props;
  if (now === undefined) return <Gone symbol={before.symbol} what={NO_STOP} />;
  const start = beginOf(now, tick);
  return (
    <Alert color="yellow" mt="sm" role="alert" title="It has changed meanwhile">
      <p className={classes.formNote}>{changesOf(before, now, tick).join(" ")}</p>
      <p className={classes.formNote}>
        Nothing was moved. Send it again to move the stop from there all the same.
      </p>
      {start === "" || start === typed ? null : (
        <Button size="compact-sm" mt={8} variant="default" onClick={() => onTake(start)}>
          Begin from {priceAsTyped(start, tick)}
        </Button>
      )}
    </Alert>
  );
}
