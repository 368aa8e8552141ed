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
import { useCanAct, useLotSize, usePosition } from "~/realtime/hooks";
import { Gone } from "./Gone";
import { OpenProfit } from "./OpenProfit";

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
  // What this very order has closed is told by its answer.
  const isGone = current === undefined && !close.isRunning && close.result === undefined;
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
      {isGone ? <Gone symbol={symbol} what="There is nothing to close any more." /> : null}
      <ProblemNote error={close.error} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          {isGone ? "Leave" : "Keep it open"}
        </Button>
        <Button
          color="red"
          disabled={!canAct || isGone || fault !== undefined}
          loading={close.isRunning}
          onClick={() => close.run(isAll ? {} : { quantity: units })}
        >
          {isAll ? "Close it" : "Close this part"}
        </Button>
      </Group>
    </>
  );
}
