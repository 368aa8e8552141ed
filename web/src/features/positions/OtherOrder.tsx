/** The second order of a pair, of which the first to fill cancels the other. */
import { Checkbox } from "@mantine/core";
import classes from "./Positions.module.css";
import { ExitFields, PriceFields, SideField, SizeFields, TypeField } from "./TicketFields";
import type { Faults } from "./ticketFaults";
import { asPair, type LegFields, type TicketFields } from "./ticketOrder";

export function OtherOrder(props: {
  fields: TicketFields;
  faults: Faults;
  currency: string;
  onChange: (fields: TicketFields) => void;
}) {
  const { fields, faults, currency, onChange } = props;
  const { other } = fields;
  const change = (changes: Partial<LegFields>) =>
    other !== undefined && onChange({ ...fields, other: { ...other, ...changes } });
  return (
    <>
      <Checkbox
        label="Two orders: the first to fill cancels the other (OCO)"
        checked={other !== undefined}
        onChange={({ currentTarget }) =>
          onChange(currentTarget.checked ? asPair(fields) : { ...fields, other: undefined })
        }
      />
      {other === undefined ? null : (
        <fieldset className={classes.other}>
          <legend>The other order</legend>
          <SideField fields={other} onChange={change} />
          <TypeField fields={other} waits onChange={change} />
          <PriceFields fields={other} faults={faults} onChange={change} />
          <SizeFields fields={other} faults={faults} currency={currency} onChange={change} />
          <ExitFields fields={other} faults={faults} onChange={change} />
        </fieldset>
      )}
    </>
  );
}
