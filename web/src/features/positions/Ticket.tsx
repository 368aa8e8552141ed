/** An order by hand: what is asked for, what the gate would say, then sending it once. */
import { Button, Checkbox, Select } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { isRefusal } from "~/api/problem";
import type { ManualOrder, OrderPreview, PreviewedOrder, ProfileRow } from "~/api/types";
import { Flash } from "~/components/Amount";
import { OldMark } from "~/components/OldMark";
import { Empty } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { price, quantity } from "~/format/number";
import { capital } from "~/format/words";
import { useCanAct, useProfiles, useSymbol } from "~/realtime/hooks";
import { GateAnswer, usePreview } from "./GateAnswer";
import classes from "./Positions.module.css";
import { ExitFields, KindFields, PriceFields, SizeFields } from "./TicketFields";
import { OtherOrder } from "./OtherOrder";
import { ticketFaults } from "./ticketFaults";
import { asPreviewed, orderOf, type TicketFields } from "./ticketOrder";

interface TicketProps {
  symbol?: string;
  profileId?: string;
  onDone: () => void;
}

export default function Ticket({ symbol, profileId, onDone }: TicketProps) {
  const profiles = useProfiles();
  const [chosen, setChosen] = useState(profileId);
  const profile =
    profiles.find(({ id }) => id === chosen) ??
    profiles.find(({ symbols }) => symbol === undefined || symbols.includes(symbol));
  if (profile === undefined) {
    return (
      <Empty title="No profile trades this">An order belongs to a profile. Make one first.</Empty>
    );
  }
  return (
    <div className={classes.ticket}>
      <Select
        label="Profile"
        data={profiles.map(({ id, name }) => ({ value: id, label: name }))}
        allowDeselect={false}
        value={profile.id}
        onChange={(value) => value !== null && setChosen(value)}
      />
      <OrderForm key={profile.id} profile={profile} symbol={symbol} onDone={onDone} />
    </div>
  );
}

const FIRST: Omit<TicketFields, "symbol"> = {
  side: "buy",
  type: "market",
  sizeBy: "quantity",
  size: "",
  limitPrice: "",
  stopPrice: "",
  trailDistance: "",
  timeInForce: "gtc",
  stopLoss: "",
  takeProfit: "",
  reduceOnly: false,
};

function OrderForm(props: { profile: ProfileRow; symbol?: string; onDone: () => void }) {
  const { profile, onDone } = props;
  const wanted = props.symbol ?? "";
  const symbol = profile.symbols.includes(wanted) ? wanted : (profile.symbols[0] ?? "");
  const [fields, setFields] = useState<TicketFields>({ ...FIRST, symbol });
  const replace = (next: TicketFields) => {
    // What is under way is what it was when it was sent.
    if (send.isRunning) return;
    setFields(next);
    send.reset();
  };
  const change = (changes: Partial<TicketFields>) => replace({ ...fields, ...changes });
  const instrument = useSymbol(fields.symbol);
  const { order, missing } = orderOf(fields, profile, instrument);
  const preview = usePreview(order);
  const send = useSend(onDone);
  const told = ticketFaults(fields, send.error ?? preview.error);
  const answer = preview.answer?.accepted === true ? preview.answer : undefined;
  const previewed = answer?.order;
  const isPair = fields.other !== undefined;
  return (
    <>
      <Quote symbol={fields.symbol} />
      <KindFields fields={fields} symbols={profile.symbols} onChange={change} />
      <PriceFields fields={fields} faults={told.first} onChange={change} />
      <SizeFields
        fields={fields}
        faults={told.first}
        currency={profile.capital.currency}
        isFirst
        onChange={change}
      />
      <ExitFields fields={fields} faults={told.first} onChange={change} />
      <OtherOrder
        fields={fields}
        faults={told.other}
        currency={profile.capital.currency}
        onChange={replace}
      />
      {isPair ? null : (
        <Checkbox
          label="Only reduce what is held"
          checked={fields.reduceOnly}
          onChange={({ currentTarget }) => change({ reduceOnly: currentTarget.checked })}
        />
      )}
      <GateAnswer
        missing={missing}
        preview={preview}
        order={order}
        profile={profile}
        placed={told.placed}
      />
      <ProblemNote
        error={send.error}
        placed={told.placed}
        title={isPair && isRefusal(send.error) ? "Neither order is placed." : undefined}
      />
      <SendButton
        fields={fields}
        answer={answer}
        isRunning={send.isRunning}
        onSend={order && previewed && (() => send.run(asPreviewed(order, previewed)))}
      />
    </>
  );
}

function SendButton(props: {
  fields: TicketFields;
  answer: OrderPreview | undefined;
  isRunning: boolean;
  /** Undefined while there is nothing that the gate would accept. */
  onSend: (() => void) | undefined;
}) {
  const { fields, answer, isRunning, onSend } = props;
  const { symbol, side, other } = fields;
  const canAct = useCanAct();
  const first = deedOf(side, answer?.order);
  return (
    <Button
      size="md"
      disabled={!canAct || onSend === undefined}
      loading={isRunning}
      onClick={onSend}
    >
      {other === undefined
        ? `${capital(first)} ${symbol}${purposeOf(side, answer?.order?.effect)}`
        : `Place both: ${first} or ${deedOf(other.side, answer?.oco)} ${symbol}`}
    </Button>
  );
}

/** What an order does, with its quantity once the gate has told that. */
function deedOf(side: ManualOrder["side"], previewed: PreviewedOrder | undefined): string {
  return previewed === undefined ? side : `${side} ${quantity(previewed.quantity)}`;
}

/** What the button says that an order is for, where its side alone does not. */
function purposeOf(side: ManualOrder["side"], effect: "enter" | "exit" | undefined): string {
  if (effect === "exit") return " to leave";
  return side === "sell" && effect === "enter" ? " to open a short" : "";
}

function useSend(onDone: () => void) {
  return useAction(
    (body: ManualOrder, key) =>
      answerOf(
        trading.POST("/api/orders/manual", {
          params: { header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    {
      done: ({ oco }) =>
        oco === undefined
          ? "The order is accepted. It appears among the orders."
          : "Both orders are accepted. The first to fill cancels the other.",
      onDone,
      once: true,
    },
  );
}

function Quote({ symbol }: { symbol: string }) {
  const row = useSymbol(symbol);
  return (
    <div className={classes.quote}>
      <span className="muted">{symbol}, last</span>
      {row?.price === undefined ? (
        <span className="muted">no price yet</span>
      ) : (
        <span>
          {row.stale ? <OldMark symbol={symbol} /> : null}
          <Flash value={row.price} className={`number ${row.stale ? "old" : ""}`}>
            {price(row.price, row.tick)} {row.quote}
          </Flash>
        </span>
      )}
      {row?.stale === true ? (
        <p className={classes.quoteNote}>
          No new price comes in. What an order fills at may be far from this one.
        </p>
      ) : null}
    </div>
  );
}
