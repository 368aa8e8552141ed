/** The stop and the targets of a position, set from where the person has seen them. */
import { Alert, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem, isRefusal } from "~/api/problem";
import type { PositionChange, PositionRow } from "~/api/types";
import { fieldFaults } from "~/components/fieldFaults";
import { ProblemNote } from "~/components/ProblemNote";
import { RefusalWords } from "~/components/RefusalWords";
import { stopOf } from "~/components/tradeMarks";
import { useAction } from "~/components/useAction";
import { useFirstFault } from "~/components/useFirstFault";
import { price } from "~/format/number";
import { capital, spoken } from "~/format/words";
import { useCanAct, usePosition, useTickSize } from "~/realtime/hooks";
import { Gone } from "./Gone";
import { OfProfile } from "./OfProfile";
import { changesOf, startOf, whatMovesItFurther } from "./positionChanges";
import {
  asItIs,
  isUnfinished,
  levelChange,
  levelFaults,
  levelPlace,
  levelWords,
  priceAsTyped,
  rebasedLevels,
  refusedPlace,
  shownStop,
  textIn,
  type TypedLevels,
} from "./positionLevels";
import classes from "./Positions.module.css";
import { TargetFields, type FieldWords } from "./TargetFields";

export function LevelsButton({ symbol, onAsk }: { symbol: string; onAsk: () => void }) {
  const canAct = useCanAct();
  return (
    <Button
      size="compact-xs"
      data-compact
      variant="default"
      disabled={!canAct}
      aria-label={`Stop and targets of ${symbol}`}
      onClick={onAsk}
    >
      Stop, targets
    </Button>
  );
}

/** It outlives the row that it was asked for, to say that the position is closed meanwhile. */
export function LevelsDialog(props: { position: PositionRow | undefined; onDone: () => void }) {
  const { position, onDone } = props;
  return (
    <Modal
      opened={position !== undefined}
      onClose={onDone}
      size={520}
      title={position === undefined ? "" : `Stop and targets of ${position.symbol}`}
    >
      {position === undefined ? null : (
        <LevelsForm key={position.tradeId} opened={position} onDone={onDone} />
      )}
    </Modal>
  );
}

const UNFINISHED = "Write the price of the new target, and how much of the entry it closes.";

const summary = (words: string[]): string =>
  words.length === 0 ? "Nothing is changed yet." : `${capital(words.join("; "))}.`;

const NOTHING_LEFT = "There is nothing to protect any more.";

/** The position as it was known, and as it is now; undefined when it is closed. */
interface Meanwhile {
  before: PositionRow;
  now: PositionRow | undefined;
}

function LevelsForm({ opened, onDone }: { opened: PositionRow; onDone: () => void }) {
  const { tradeId, symbol, profileId } = opened;
  const tick = useTickSize(symbol);
  const current = usePosition(tradeId);
  const form = useLevels(opened, onDone);
  const { seen, typed, meanwhile, set, change } = form;
  const canAct = useCanAct();
  const fields = useFirstFault(set.error);
  const isConflict = set.error !== null && asProblem(set.error).status === 412;
  const isGone = current === undefined || (meanwhile !== undefined && meanwhile.now === undefined);
  const further = whatMovesItFurther(seen.stop);
  const words = levelWords(seen, change, tick);
  return (
    <div ref={fields}>
      <OfProfile id={profileId} />
      <AsItStands position={current ?? seen} tick={tick} />
      <TextInput
        mt="sm"
        label="Stop at"
        inputMode="decimal"
        autoComplete="off"
        data-autofocus
        value={shownStop(seen, typed, tick)}
        error={form.faults.stop}
        onChange={({ currentTarget }) => form.type({ ...typed, stop: currentTarget.value })}
      />
      {further === undefined ? null : <p className={classes.formNote}>{further}</p>}
      <TargetFields
        seen={seen}
        typed={typed}
        tick={tick}
        faults={form.faults}
        onChange={form.type}
      />
      <p className={classes.formNote} aria-live="polite">
        {isUnfinished(typed) ? UNFINISHED : summary(words)}
      </p>
      {isConflict && meanwhile !== undefined ? (
        <Changed
          {...meanwhile}
          tick={tick}
          typed={typed}
          onTake={() => form.type({ ...typed, stop: undefined })}
        />
      ) : form.isPlaced ? null : (
        <ProblemNote
          error={set.error}
          placed={form.placed}
          title={isRefusal(set.error) ? "Stop and targets stay as they are." : undefined}
        />
      )}
      {isGone && !isConflict ? <Gone symbol={symbol} what={NOTHING_LEFT} /> : null}
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button
          disabled={!canAct || words.length === 0 || form.isWrong || isGone}
          loading={set.isRunning}
          onClick={form.send}
        >
          {deed(change, tick)}
        </Button>
      </Group>
    </div>
  );
}

/** Live, while what is typed stays where it is. */
function AsItStands({ position, tick }: { position: PositionRow; tick: string | undefined }) {
  const { direction, entryPrice, lastPrice, stop } = position;
  return (
    <Text className="muted" size="sm">
      {spoken(direction)} from {price(entryPrice, tick)}, last{" "}
      {lastPrice === undefined ? "unknown" : price(lastPrice, tick)},{" "}
      {stop?.kind === "liquidation" ? "stop none, liquidated at" : "stop"}{" "}
      {stop === undefined ? "none" : price(stop.level, tick)}.
    </Text>
  );
}

/** What the button does. */
function deed({ stop, targets }: PositionChange, tick: string | undefined): string {
  if (targets !== undefined) return stop === undefined ? "Set the targets" : "Set stop and targets";
  return stop === undefined
    ? "Set stop and targets"
    : `Move the stop to ${priceAsTyped(stop.level, tick)}`;
}

function useLevels(opened: PositionRow, onDone: () => void) {
  const { tradeId, symbol } = opened;
  // What the person has been shown: a live change moves neither it nor what is typed.
  const [seen, setSeen] = useState(opened);
  const [meanwhile, setMeanwhile] = useState<Meanwhile>();
  const [typed, setTyped] = useState(() => asItIs(opened));
  const [sent, setSent] = useState<TypedLevels>();
  const lastPrice = usePosition(tradeId)?.lastPrice ?? seen.lastPrice;
  const lookAgain = async () => {
    const { items } = await answerOf(trading.GET("/api/positions"));
    const now = items.find((each) => each.tradeId === tradeId);
    setMeanwhile({ before: seen, now });
    if (now === undefined) return;
    setSeen(now);
    setTyped(rebasedLevels(typed, seen, now));
  };
  const set = useAction(
    async (asked: { change: PositionChange; version: number }, key) => {
      try {
        return await answerOf(
          trading.PATCH("/api/positions/{id}", {
            params: { path: { id: tradeId }, header: { "If-Match": `"${asked.version}"` } },
            headers: { "Idempotency-Key": key },
            body: asked.change,
          }),
        );
      } catch (error) {
        if (asProblem(error).status === 412) await lookAgain();
        throw error;
      }
    },
    { done: `Stop and targets of ${symbol} are as you wanted them.`, onDone, once: true },
  );
  const own = levelFaults({ ...seen, lastPrice }, typed);
  const refused = useRefused(set.error, typed, sent);
  const change = levelChange(seen, typed);
  return {
    seen,
    typed,
    meanwhile,
    set,
    change,
    faults: { ...refused.at, ...own } as FieldWords,
    placed: refused.placed,
    isPlaced: refused.isPlaced,
    isWrong: Object.keys(own).length > 0 || isUnfinished(typed),
    type: setTyped,
    send: () => {
      setSent(typed);
      set.run({ change, version: seen.version });
    },
  };
}

/** What the server has said of single fields, each at its place while that is as it was sent. */
function useRefused(error: Error | null, typed: TypedLevels, sent: TypedLevels | undefined) {
  const isAsSent = (name: string) =>
    sent !== undefined && textIn(sent, name) === textIn(typed, name);
  const placeOf = (field: string) => (sent === undefined ? undefined : levelPlace(sent, field));
  const { at, placed } = fieldFaults<string>(error, placeOf, isAsSent);
  const refusal = error === null ? undefined : asProblem(error).refusal;
  const place =
    refusal === undefined || sent === undefined ? undefined : refusedPlace(sent, refusal);
  if (refusal === undefined || place === undefined) return { at, placed, isPlaced: false };
  const words = isAsSent(place) ? { [place]: <RefusalWords refusal={refusal} /> } : {};
  return { at: words, placed, isPlaced: true };
}

/** What somebody or something else has changed since the form was opened or last sent. */
function Changed(
  props: Meanwhile & { tick: string | undefined; typed: TypedLevels; onTake: () => void },
) {
  const { before, now, tick, typed, onTake } = props;
  if (now === undefined) return <Gone symbol={before.symbol} what={NOTHING_LEFT} />;
  const stop = stopOf(now);
  const start = stop === undefined ? "" : startOf(stop.level, now, tick);
  return (
    <Alert color="yellow" mt="sm" role="alert" title="It has changed meanwhile">
      <p className={classes.formNote}>{changesOf(before, now, tick).join(" ")}</p>
      <p className={classes.formNote}>
        Nothing of yours was set, and what you wrote is kept. Send it again to set it from there all
        the same.
      </p>
      {start === "" || typed.stop === undefined || start === typed.stop ? null : (
        <Button size="compact-sm" mt={8} variant="default" onClick={onTake}>
          Begin from {priceAsTyped(start, tick)}
        </Button>
      )}
    </Alert>
  );
}
