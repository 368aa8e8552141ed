/** An order by hand: what is asked for, what the gate would say, then sending it once. */
import { Button, Checkbox, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { ManualOrder, ProfileRow } from "~/api/types";
import { Flash } from "~/components/Amount";
import { OldMark } from "~/components/OldMark";
import { Empty } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { price, quantity } from "~/format/number";
import { useCanAct, useProfiles, useSymbol } from "~/realtime/hooks";
import { GateAnswer, usePreview } from "./GateAnswer";
import classes from "./Positions.module.css";
import { asPreviewed, orderOf, type TicketFields } from "./ticketOrder";
import type { SizeBy } from "./size";

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
  const change = (changes: Partial<TicketFields>) => {
    // What is under way is what it was when it was sent.
    if (send.isRunning) return;
    setFields({ ...fields, ...changes });
    send.reset();
  };
  const instrument = useSymbol(fields.symbol);
  const canAct = useCanAct();
  const { order, missing } = orderOf(fields, profile, instrument);
  const preview = usePreview(order);
  const send = useAction(
    (body: ManualOrder, key) =>
      answerOf(
        trading.POST("/api/orders/manual", {
          params: { header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    { done: "The order is accepted. It appears among the orders.", onDone, once: true },
  );
  const verb = fields.side === "buy" ? "Buy" : "Sell";
  const previewed = preview.answer?.accepted === true ? preview.answer.order : undefined;
  return (
    <>
      <Quote symbol={fields.symbol} />
      <SegmentedControl
        aria-label="Side"
        fullWidth
        data={[
          { value: "buy", label: "Buy" },
          { value: "sell", label: "Sell" },
        ]}
        value={fields.side}
        onChange={(side) => change({ side: side })}
      />
      <div className={classes.pair}>
        <Select
          label="Symbol"
          allowDeselect={false}
          data={profile.symbols}
          value={fields.symbol}
          onChange={(value) => value !== null && change({ symbol: value })}
        />
        <Select
          label="Type"
          allowDeselect={false}
          data={[
            { value: "market", label: "Market" },
            { value: "limit", label: "Limit" },
            { value: "stop", label: "Stop" },
            { value: "stop_limit", label: "Stop limit" },
            { value: "trailing_stop", label: "Trailing stop" },
          ]}
          value={fields.type}
          onChange={(value) => value !== null && change({ type: value })}
        />
      </div>
      <Prices fields={fields} onChange={change} />
      <SizeFields fields={fields} currency={profile.capital.currency} onChange={change} />
      <div className={classes.pair}>
        <DecimalField
          label="Stop-loss"
          placeholder="Price, or 2 %"
          value={fields.stopLoss}
          onChange={(stopLoss) => change({ stopLoss })}
        />
        <DecimalField
          label="Take profit"
          placeholder="Price, or 4 %"
          value={fields.takeProfit}
          onChange={(takeProfit) => change({ takeProfit })}
        />
      </div>
      <Checkbox
        label="Only reduce what is held"
        checked={fields.reduceOnly}
        onChange={({ currentTarget }) => change({ reduceOnly: currentTarget.checked })}
      />
      <GateAnswer missing={missing} preview={preview} currency={profile.capital.currency} />
      <ProblemNote error={send.error} />
      <Button
        size="md"
        disabled={!canAct || order === undefined || previewed === undefined}
        loading={send.isRunning}
        onClick={() =>
          order !== undefined && previewed !== undefined && send.run(asPreviewed(order, previewed))
        }
      >
        {verb} {previewed === undefined ? "" : `${quantity(previewed.quantity)} `}
        {fields.symbol}
        {previewed?.effect === "exit" ? " to leave" : ""}
      </Button>
    </>
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

interface FieldsProps {
  fields: TicketFields;
  onChange: (changes: Partial<TicketFields>) => void;
}

function Prices({ fields, onChange }: FieldsProps) {
  const { type } = fields;
  const hasStop = type === "stop" || type === "stop_limit";
  const hasLimit = type === "limit" || type === "stop_limit";
  if (type === "market") return null;
  return (
    <div className={classes.pair}>
      {hasStop ? (
        <DecimalField
          label="Stop price"
          value={fields.stopPrice}
          onChange={(stopPrice) => onChange({ stopPrice })}
        />
      ) : null}
      {hasLimit ? (
        <DecimalField
          label="Limit price"
          value={fields.limitPrice}
          onChange={(limitPrice) => onChange({ limitPrice })}
        />
      ) : null}
      {type === "trailing_stop" ? (
        <DecimalField
          label="Trail distance"
          value={fields.trailDistance}
          onChange={(trailDistance) => onChange({ trailDistance })}
        />
      ) : null}
      <Select
        label="Valid"
        allowDeselect={false}
        data={[
          { value: "gtc", label: "Until cancelled" },
          { value: "day", label: "Today" },
          { value: "ioc", label: "Now or never" },
          { value: "fok", label: "All now or nothing" },
        ]}
        value={fields.timeInForce}
        onChange={(value) => value !== null && onChange({ timeInForce: value })}
      />
    </div>
  );
}

function SizeFields({ fields, currency, onChange }: FieldsProps & { currency: string }) {
  const labels: Record<SizeBy, string> = {
    quantity: "Units",
    notional: `Amount, ${currency}`,
    risk: "Risk, % of equity",
  };
  return (
    <div>
      <SegmentedControl
        aria-label="Size by"
        size="xs"
        mb={8}
        fullWidth
        data={[
          { value: "quantity", label: "Quantity" },
          { value: "notional", label: "Amount" },
          { value: "risk", label: "Risk" },
        ]}
        value={fields.sizeBy}
        onChange={(sizeBy) => onChange({ sizeBy: sizeBy })}
      />
      <DecimalField
        label={labels[fields.sizeBy]}
        isFirst
        value={fields.size}
        onChange={(size) => onChange({ size })}
      />
    </div>
  );
}

function DecimalField(props: {
  label: string;
  value: string;
  placeholder?: string;
  /** Where typing begins when the ticket opens. */
  isFirst?: boolean;
  onChange: (value: string) => void;
}) {
  return (
    <TextInput
      label={props.label}
      inputMode="decimal"
      autoComplete="off"
      autoFocus={props.isFirst}
      data-autofocus={props.isFirst}
      placeholder={props.placeholder}
      value={props.value}
      onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
    />
  );
}
