/** Closing a position, wholly or in part. */
import { Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { PositionRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { compare, floorTo, signOf, typedDecimal, divide, multiply } from "~/format/decimal";
import { quantity } from "~/format/number";
import { useCanAct, useLotSize } from "~/realtime/hooks";
import { OpenProfit } from "./OpenProfit";

export function ClosePosition({ position }: { position: PositionRow }) {
  const [isOpen, setOpen] = useState(false);
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
        onClick={() => setOpen(true)}
      >
        Close
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={`Close ${position.symbol}?`}>
        {isOpen ? <CloseForm position={position} onDone={() => setOpen(false)} /> : null}
      </Modal>
    </>
  );
}

function CloseForm({ position, onDone }: { position: PositionRow; onDone: () => void }) {
  const { tradeId, symbol, direction, quantity: held, currency } = position;
  const [typed, setTyped] = useState(held);
  const lot = useLotSize(symbol) ?? "0";
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
    (body: { quantity?: string }, key) =>
      answerOf(
        trading.POST("/api/positions/{id}/close", {
          params: { path: { id: tradeId }, header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    { done: `The order that closes ${symbol} is sent.`, onDone, once: true },
  );
  const share = (percent: string) =>
    setTyped(percent === "100" ? held : floorTo(divide(multiply(held, percent), "100", 12), lot));
  const verb = direction === "long" ? "Sell" : "Buy back";
  return (
    <>
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
      <ProblemNote error={close.error} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Keep it open
        </Button>
        <Button
          color="red"
          disabled={!canAct || fault !== undefined}
          loading={close.isRunning}
          onClick={() => close.run(isAll ? {} : { quantity: units })}
        >
          {isAll ? "Close it" : "Close this part"}
        </Button>
      </Group>
    </>
  );
}
