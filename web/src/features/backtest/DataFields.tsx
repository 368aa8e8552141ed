/** The data that a run takes, and what trading costs in it. */
import { FileInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import type { VenueCosts } from "~/api/types";
import { typedDecimal } from "~/format/decimal";
import { areEqual, feeWords } from "./costs";
import { rangeWords, type Faults, type FieldName, type RunFields } from "./runRequest";
import classes from "./Backtest.module.css";

interface DataFieldsProps {
  fields: RunFields;
  faults: Faults;
  costs: VenueCosts | undefined;
  symbols: string[];
  files: ReadonlyMap<string, File>;
  isAgain: boolean;
  onChange: (changes: Partial<RunFields>) => void;
  onFiles: (files: ReadonlyMap<string, File>) => void;
}

export function DataFields(props: DataFieldsProps) {
  const { fields, costs, symbols, files, isAgain, onChange, onFiles } = props;
  return (
    <>
      <SegmentedControl
        aria-label="Data"
        fullWidth
        value={fields.source}
        onChange={(source) => onChange({ source })}
        data={[
          { value: "market", label: "The market's data" },
          { value: "upload", label: "Own CSV" },
        ]}
      />
      {fields.source === "upload" ? (
        <>
          {isAgain && files.size === 0 ? (
            <span className="muted">Files are not kept: choose them once more.</span>
          ) : null}
          <Uploads
            symbols={symbols}
            files={files}
            stamped={fields.stamped}
            onFiles={onFiles}
            onStamped={(stamped) => onChange({ stamped })}
          />
        </>
      ) : null}
      <div>
        <div className={classes.pair}>
          <Field {...props} label="From" type="date" name="from" />
          <Field {...props} label="To" type="date" name="to" />
        </div>
        <p className={classes.hint}>{rangeWords(fields)}</p>
      </div>
      <Field
        {...props}
        label={fields.currency === "" ? "Cash" : `Cash, ${fields.currency}`}
        name="cash"
      />
      <div>
        <div className={classes.costs}>
          <Field {...props} label="Fee, %" name="feePct" />
          <Field {...props} label="Limit fee, %" name="makerFeePct" />
          <Field {...props} label="Slippage, bp" name="slippageBps" />
        </div>
        {costs === undefined ? null : <p className={classes.hint}>{costWords(fields, costs)}</p>}
      </div>
    </>
  );
}

function costWords({ source, feePct, makerFeePct, slippageBps }: RunFields, venue: VenueCosts) {
  const typed = {
    takerFeePct: typedDecimal(feePct) ?? "-1",
    makerFeePct: typedDecimal(makerFeePct) ?? "-1",
    slippageBps: typedDecimal(slippageBps) ?? "-1",
  };
  if (!areEqual(typed, venue)) {
    return `The paper venue takes ${feeWords(venue)}, slippage ${venue.slippageBps} bp.`;
  }
  return source === "market"
    ? "As the paper venue trades: its fees, and the instrument’s lot."
    : "As the paper venue trades: its fees. Any quantity is bought.";
}

interface FieldProps extends DataFieldsProps {
  label: string;
  name: FieldName;
  type?: "date";
}

function Field({ label, name, type, fields, faults, onChange }: FieldProps) {
  return (
    <TextInput
      label={label}
      type={type}
      inputMode={type === undefined ? "decimal" : undefined}
      value={fields[name]}
      error={faults[name]}
      onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value })}
    />
  );
}

function Uploads(props: {
  symbols: string[];
  files: ReadonlyMap<string, File>;
  stamped: RunFields["stamped"];
  onFiles: (files: ReadonlyMap<string, File>) => void;
  onStamped: (stamped: RunFields["stamped"]) => void;
}) {
  const { symbols, files, stamped, onFiles, onStamped } = props;
  const choose = (symbol: string, file: File | null) => {
    const next = new Map(files);
    if (file === null) next.delete(symbol);
    else next.set(symbol, file);
    onFiles(next);
  };
  return (
    <>
      {symbols.map((symbol) => (
        <FileInput
          key={symbol}
          label={`Bars of ${symbol}`}
          placeholder="Choose a CSV file"
          accept=".csv,text/csv"
          clearable
          clearButtonProps={{ "aria-label": "Take it out" }}
          value={files.get(symbol) ?? null}
          onChange={(file) => choose(symbol, file)}
        />
      ))}
      <Select
        label="Times in the file are"
        description="A time, open, high, low, close, and volume if there is one."
        allowDeselect={false}
        value={stamped}
        onChange={(value) => value !== null && onStamped(value)}
        data={[
          { value: "open", label: "when a bar opens" },
          { value: "close", label: "when a bar closes" },
        ]}
      />
    </>
  );
}
