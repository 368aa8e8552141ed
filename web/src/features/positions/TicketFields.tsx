/** The fields of a ticket, each saying itself what is wrong with it. */
import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import classes from "./Positions.module.css";
import type { SizeBy } from "./size";
import type { Faults } from "./ticketFaults";
import type { LegFields, TicketFields } from "./ticketOrder";

interface FieldsProps {
  fields: LegFields;
  faults: Faults;
  onChange: (changes: Partial<LegFields>) => void;
}

type KindProps = Omit<FieldsProps, "faults">;

export function SideField({ fields, onChange }: KindProps) {
  return (
    <SegmentedControl
      aria-label="Side"
      fullWidth
      data={[
        { value: "buy", label: "Buy" },
        { value: "sell", label: "Sell" },
      ]}
      value={fields.side}
      onChange={(side) => onChange({ side })}
    />
  );
}

export function TypeField(props: KindProps & { waits: boolean }) {
  const { fields, waits, onChange } = props;
  return (
    <Select
      label="Type"
      allowDeselect={false}
      data={[
        ...(waits ? [] : [{ value: "market" as const, label: "Market" }]),
        { value: "limit", label: "Limit" },
        { value: "stop", label: "Stop" },
        { value: "stop_limit", label: "Stop limit" },
        { value: "trailing_stop", label: "Trailing stop" },
      ]}
      value={fields.type}
      onChange={(value) => value !== null && onChange({ type: value })}
    />
  );
}

/** What is bought or sold, and how. */
export function KindFields(props: {
  fields: TicketFields;
  symbols: string[];
  onChange: (changes: Partial<TicketFields>) => void;
}) {
  const { fields, symbols, onChange } = props;
  return (
    <>
      <SideField fields={fields} onChange={onChange} />
      <div className={classes.pair}>
        <Select
          label="Symbol"
          allowDeselect={false}
          data={symbols}
          value={fields.symbol}
          onChange={(value) => value !== null && onChange({ symbol: value })}
        />
        <TypeField fields={fields} waits={fields.other !== undefined} onChange={onChange} />
      </div>
    </>
  );
}

/** The prices that the order waits for, and for how long. */
export function PriceFields({ fields, faults, onChange }: FieldsProps) {
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
          fault={faults.stopPrice}
          onChange={(stopPrice) => onChange({ stopPrice })}
        />
      ) : null}
      {hasLimit ? (
        <DecimalField
          label="Limit price"
          value={fields.limitPrice}
          fault={faults.limitPrice}
          onChange={(limitPrice) => onChange({ limitPrice })}
        />
      ) : null}
      {type === "trailing_stop" ? (
        <DecimalField
          label="Trail distance"
          value={fields.trailDistance}
          fault={faults.trailDistance}
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

export function SizeFields(props: FieldsProps & { currency: string; isFirst?: boolean }) {
  const { fields, faults, currency, isFirst, onChange } = props;
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
        onChange={(sizeBy) => onChange({ sizeBy })}
      />
      <DecimalField
        label={labels[fields.sizeBy]}
        isFirst={isFirst}
        value={fields.size}
        fault={faults.size}
        onChange={(size) => onChange({ size })}
      />
    </div>
  );
}

/** What protects the trade that the order enters. */
export function ExitFields({ fields, faults, onChange }: FieldsProps) {
  return (
    <div className={classes.pair}>
      <DecimalField
        label="Stop-loss"
        placeholder="Price, or 2 %"
        value={fields.stopLoss}
        fault={faults.stopLoss}
        onChange={(stopLoss) => onChange({ stopLoss })}
      />
      <DecimalField
        label="Take profit"
        placeholder="Price, or 4 %"
        value={fields.takeProfit}
        fault={faults.takeProfit}
        onChange={(takeProfit) => onChange({ takeProfit })}
      />
    </div>
  );
}

const SETTLE_MS = 300;

function DecimalField(props: {
  label: string;
  value: string;
  fault: string | undefined;
  placeholder?: string;
  /** Where typing begins when the ticket opens. */
  isFirst?: boolean;
  onChange: (value: string) => void;
}) {
  const { fault } = props;
  // On the way to 0.25 there is 0, which is not yet wrong.
  const [settled] = useDebouncedValue(fault, SETTLE_MS);
  return (
    <TextInput
      label={props.label}
      inputMode="decimal"
      autoComplete="off"
      autoFocus={props.isFirst}
      data-autofocus={props.isFirst}
      placeholder={props.placeholder}
      value={props.value}
      error={fault === undefined ? undefined : settled}
      onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
    />
  );
}
