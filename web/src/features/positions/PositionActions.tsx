/** Closing a position, wholly or in part, and moving its stop. */
import { Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { freshId } from "~/api/identifiers";
import type { PositionRow } from "~/api/types";
import { Profit } from "~/components/Amount";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { compare, floorTo, signOf, typedDecimal, divide, multiply } from "~/format/decimal";
import { price, quantity } from "~/format/number";
import { spoken } from "~/format/words";
import { useCanAct, usePosition, useSymbol } from "~/realtime/hooks";

interface Opened {
  /** One per opened form, so that a repeated click cannot close twice. */
  idempotencyKey: string;
}

export function ClosePosition({ position }: { position: PositionRow }) {
  const [opened, setOpened] = useState<Opened>();
  const canAct = useCanAct();
  const isPhone = useIsPhone();
  return (
    <>
      <Button
        size={isPhone ? "sm" : "compact-xs"}
        data-compact={isPhone ? undefined : true}
        variant="default"
        disabled={!canAct}
        aria-label={`Close ${position.symbol}`}
        onClick={() => setOpened({ idempotencyKey: freshId() })}
      >
        Close
      </Button>
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        title={`Close ${position.symbol}?`}
      >
        {opened === undefined ? null : (
          <CloseForm position={position} {...opened} onDone={() => setOpened(undefined)} />
        )}
      </Modal>
    </>
  );
}

function CloseForm(props: { position: PositionRow; onDone: () => void } & Opened) {
  const { position, onDone } = props;
  const [idempotencyKey, setIdempotencyKey] = useState(props.idempotencyKey);
  const { tradeId, symbol, direction, quantity: held, currency } = position;
  const [typed, setTyped] = useState(held);
  const current = usePosition(tradeId);
  const lot = useSymbol(symbol)?.lot ?? "0";
  const canAct = useCanAct();
  const units = typedDecimal(typed);
  const isAll = units !== undefined && compare(units, held) === 0;
  const fault =
    units === undefined || signOf(units) <= 0
      ? "Write how many units."
      : compare(units, held) > 0
        ? `Only ${quantity(held)} are held.`
        : undefined;
  const close = useAction(
    () =>
      answerOf(
        trading.POST("/api/positions/{id}/close", {
          params: { path: { id: tradeId }, header: { "Idempotency-Key": idempotencyKey } },
          body: isAll ? {} : { quantity: units },
        }),
      ),
    {
      done: `The order that closes ${symbol} is sent.`,
      onDone,
      // A refusal is the answer to its key for good.
      onRefused: () => setIdempotencyKey(freshId()),
      once: true,
    },
  );
  const share = (percent: string) =>
    setTyped(percent === "100" ? held : floorTo(divide(multiply(held, percent), "100", 12), lot));
  const verb = direction === "long" ? "Sell" : "Buy back";
  return (
    <>
      <Text>
        {verb} {units === undefined ? "…" : quantity(units)} {symbol} at market
        {isAll ? ", which is all of it" : ""}. Open profit now:{" "}
        <Profit value={current?.unrealizedPnl} currency={currency} showCurrency />.
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
      <ProblemNote error={close.error} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Keep it open
        </Button>
        <Button
          color="red"
          disabled={!canAct || fault !== undefined}
          loading={close.isRunning}
          onClick={() => close.run(undefined)}
        >
          {isAll ? "Close it" : "Close this part"}
        </Button>
      </Group>
    </>
  );
}

export function MoveStop({ position }: { position: PositionRow }) {
  const [isOpen, setOpen] = useState(false);
  const canAct = useCanAct();
  return (
    <>
      <Button
        size="compact-xs"
        data-compact
        variant="default"
        disabled={!canAct}
        aria-label={`Move the stop of ${position.symbol}`}
        onClick={() => setOpen(true)}
      >
        Stop
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={`Move the stop of ${position.symbol}`}
      >
        {isOpen ? <StopForm position={position} onDone={() => setOpen(false)} /> : null}
      </Modal>
    </>
  );
}

function StopForm({ position, onDone }: { position: PositionRow; onDone: () => void }) {
  const { tradeId, symbol, stop, direction, entryPrice } = position;
  const current = usePosition(tradeId);
  const instrument = useSymbol(symbol);
  const canAct = useCanAct();
  const [typed, setTyped] = useState(stop?.level ?? "");
  const level = typedDecimal(typed);
  const last = current?.lastPrice;
  const isBeyond =
    level !== undefined &&
    last !== undefined &&
    (direction === "long" ? compare(level, last) >= 0 : compare(level, last) <= 0);
  const move = useAction(
    (to: string) =>
      answerOf(
        trading.PATCH("/api/positions/{id}", {
          params: { path: { id: tradeId } },
          body: { stop: { level: to } },
        }),
      ),
    { done: `The stop of ${symbol} has moved.`, onDone },
  );
  return (
    <>
      <Text className="muted" size="sm">
        {spoken(direction)} from {price(entryPrice, instrument?.tick)}, last{" "}
        {last === undefined ? "unknown" : price(last, instrument?.tick)}, stop{" "}
        {stop === undefined ? "none" : price(stop.level, instrument?.tick)}.
      </Text>
      <TextInput
        mt="sm"
        label="Stop at"
        inputMode="decimal"
        data-autofocus
        value={typed}
        error={level === undefined ? "Write a price." : undefined}
        description={
          isBeyond ? "The price is beyond this level already. To leave now, close it." : undefined
        }
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <ProblemNote error={move.error} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button
          disabled={!canAct || level === undefined || isBeyond}
          loading={move.isRunning}
          onClick={() => level !== undefined && move.run(level)}
        >
          Move the stop{level === undefined ? "" : ` to ${price(level, instrument?.tick)}`}
        </Button>
      </Group>
    </>
  );
}
