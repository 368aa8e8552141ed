/** Changing the quantity or the prices of a working order, from where the person has seen it. */
import { Alert, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem, isRefusal } from "~/api/problem";
import type { OrderChange, OrderRow } from "~/api/types";
import { askForOrder } from "~/app/queries";
import { fieldFaults } from "~/components/fieldFaults";
import { Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { quantity } from "~/format/number";
import { orderStatus, orderType } from "~/format/words";
import { useCanAct, useOrder, useTickSize } from "~/realtime/hooks";
import { OfProfile } from "./OfProfile";
import {
  CHANGE_LABELS,
  changeFaults,
  changeOf,
  changeWords,
  fieldsOf,
  isChangeable,
  orderChanges,
  rebasedChange,
  typedOfOrder,
  type ChangeField,
  type TypedChange,
} from "./orderChange";
import classes from "./Positions.module.css";

export function ChangeButton({ order, onAsk }: { order: OrderRow; onAsk: () => void }) {
  const canAct = useCanAct();
  if (order.type === "market") return null;
  return (
    <Button
      size="compact-xs"
      data-compact
      variant="default"
      disabled={!canAct || !isChangeable(order)}
      aria-label={`Change the order in ${order.symbol}`}
      onClick={onAsk}
    >
      Change
    </Button>
  );
}

/** It outlives the row that it was asked for, to say that the order is done meanwhile. */
export function ChangeDialog(props: { order: OrderRow | undefined; onDone: () => void }) {
  const { order, onDone } = props;
  return (
    <Modal
      opened={order !== undefined}
      onClose={onDone}
      title={order === undefined ? "" : `Change the order in ${order.symbol}`}
    >
      {order === undefined ? null : <Asked key={order.id} order={order} onDone={onDone} />}
    </Modal>
  );
}

interface Seen {
  order: OrderRow;
  etag: string;
}

/** The version that is changed is asked for once, with what the person is shown of it. */
function Asked({ order, onDone }: { order: OrderRow; onDone: () => void }) {
  const query = useQuery({
    queryKey: ["order", order.id],
    queryFn: () => askForOrder(order.id),
    staleTime: Infinity,
    gcTime: 0,
  });
  if (query.data !== undefined) return <ChangeForm first={query.data} onDone={onDone} />;
  return query.error === null ? (
    <Rows rows={4} />
  ) : (
    <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
  );
}

function ChangeForm({ first, onDone }: { first: Seen; onDone: () => void }) {
  const { id, symbol, side, type, profileId } = first.order;
  const form = useChange(first, onDone);
  const { seen, typed, change, amend, faults, placed } = form;
  const current = useOrder(id) ?? seen.order;
  const tick = useTickSize(symbol);
  const canAct = useCanAct();
  const words = changeWords(seen.order, change, tick);
  const isConflict = amend.error !== null && asProblem(amend.error).status === 412;
  return (
    <>
      <OfProfile id={profileId} />
      <Text className="muted" size="sm">
        {side === "buy" ? "Buy" : "Sell"}, {orderType(type).toLowerCase()}, for{" "}
        {quantity(current.quantity)}; {quantity(current.filledQuantity)} have filled.
      </Text>
      {fieldsOf(seen.order).map((field, index) => (
        <TextInput
          key={field}
          mt="sm"
          label={CHANGE_LABELS[field]}
          description={field === "quantity" ? "What has filled is part of it." : undefined}
          inputMode="decimal"
          autoComplete="off"
          data-autofocus={index === 0 ? true : undefined}
          value={typed[field] ?? ""}
          error={faults[field]}
          onChange={({ currentTarget }) => form.type(field, currentTarget.value)}
        />
      ))}
      <p className={classes.formNote} aria-live="polite">
        {words.length === 0 ? "Nothing is changed yet." : `${words.join("; ")}.`} The gate checks
        what raises risk as it checks a new order, and the venue has the last word.
      </p>
      {isConflict && form.before !== undefined ? (
        <Changed before={form.before} now={seen.order} tick={tick} />
      ) : (
        <ProblemNote
          error={amend.error}
          placed={placed}
          title={isRefusal(amend.error) ? "The order stays as it is." : undefined}
        />
      )}
      {isChangeable(current) ? null : <NotNow order={current} />}
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button
          disabled={!canAct || words.length === 0 || form.isWrong || !isChangeable(current)}
          loading={amend.isRunning}
          onClick={form.send}
        >
          Change the order
        </Button>
      </Group>
    </>
  );
}

function useChange(first: Seen, onDone: () => void) {
  const [seen, setSeen] = useState(first);
  const [before, setBefore] = useState<OrderRow>();
  const [typed, setTyped] = useState(() => typedOfOrder(first.order));
  const [sent, setSent] = useState<TypedChange>();
  const { id, symbol } = first.order;
  const lookAgain = async () => {
    const now = await askForOrder(id);
    setBefore(seen.order);
    setSeen(now);
    setTyped(rebasedChange(typed, seen.order, now.order));
  };
  const amend = useAction(
    async (asked: { etag: string; change: OrderChange }, key) => {
      try {
        return await answerOf(
          trading.PATCH("/api/orders/{id}", {
            params: { path: { id }, header: { "If-Match": asked.etag } },
            headers: { "Idempotency-Key": key },
            body: asked.change,
          }),
        );
      } catch (error) {
        if (asProblem(error).status === 412) await lookAgain();
        throw error;
      }
    },
    {
      done: ({ amending }) =>
        amending === true
          ? `The venue is asked to change the order in ${symbol}.`
          : `The order in ${symbol} is as you wanted it.`,
      onDone,
      once: true,
    },
  );
  const own = changeFaults(seen.order, typed);
  const placeOf = (field: string) => (field in typed ? (field as ChangeField) : undefined);
  const refused = fieldFaults(amend.error, placeOf, (field) => sent?.[field] === typed[field]);
  const change = changeOf(seen.order, typed);
  return {
    seen,
    before,
    typed,
    change,
    amend,
    faults: { ...refused.at, ...own },
    placed: refused.placed,
    isWrong: Object.keys(own).length > 0,
    type: (field: ChangeField, text: string) => setTyped({ ...typed, [field]: text }),
    send: () => {
      setSent(typed);
      amend.run({ etag: seen.etag, change });
    },
  };
}

/** What somebody or something else has changed since the form was opened or last sent. */
function Changed(props: { before: OrderRow; now: OrderRow; tick: string | undefined }) {
  const { before, now, tick } = props;
  return (
    <Alert color="yellow" mt="sm" role="alert" title="It has changed meanwhile">
      <p className={classes.formNote}>{orderChanges(before, now, tick).join(" ")}</p>
      <p className={classes.formNote}>
        Nothing of yours was sent to the venue, and what you wrote is kept. Send it again to change
        the order from there all the same.
      </p>
    </Alert>
  );
}

function NotNow({ order }: { order: OrderRow }) {
  const { amending, status, symbol, working } = order;
  return (
    <Alert color="yellow" mt="sm" role="alert">
      {amending === true
        ? "The venue is being asked for another change; wait for its answer."
        : working
          ? `The order is “${orderStatus(status).toLowerCase()}”, and cannot be changed then.`
          : `The order in ${symbol} is done (${orderStatus(status).toLowerCase()}): there is ` +
            "nothing to change any more."}
    </Alert>
  );
}
