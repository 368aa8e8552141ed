/** The rows of a position's targets: what has filled is told, the rest can be set. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useId, type ReactNode } from "react";
import { freshId } from "~/api/identifiers";
import type { PositionRow } from "~/api/types";
import { compare, signOf } from "~/format/decimal";
import { price, quantity } from "~/format/number";
import { useLotSize } from "~/realtime/hooks";
import {
  endedTargets,
  levelField,
  newTarget,
  percentField,
  percentInAll,
  shownTarget,
  targetOf,
  unitsOf,
  type TypedLevels,
  type TypedTarget,
} from "./positionLevels";
import classes from "./Positions.module.css";

/** What is said at the fields of the form. */
export type FieldWords = Partial<Record<string, ReactNode>>;

interface TargetsProps {
  seen: PositionRow;
  typed: TypedLevels;
  tick: string | undefined;
  faults: FieldWords;
  onChange: (typed: TypedLevels) => void;
}

export function TargetFields({ seen, typed, tick, faults, onChange }: TargetsProps) {
  const heading = useId();
  const ended = endedTargets(seen);
  const replace = (row: TypedTarget) =>
    onChange({ ...typed, targets: typed.targets.map((it) => (it.key === row.key ? row : it)) });
  const remove = ({ key }: TypedTarget) =>
    onChange({ ...typed, targets: typed.targets.filter((it) => it.key !== key) });
  const add = () =>
    onChange({ ...typed, targets: [...typed.targets, newTarget(seen, typed, freshId())] });
  return (
    <section className={classes.targets} aria-labelledby={heading}>
      <h3 id={heading}>Targets</h3>
      {ended.map(({ number, level, filled }) => (
        <p key={number} className={classes.formNote}>
          Target {number} at {price(level, tick)} has closed {quantity(filled)}.
        </p>
      ))}
      {typed.targets.length === 0 ? null : (
        <div className={classes.targetHead} aria-hidden>
          <span />
          <span>Price</span>
          <span>% of entry</span>
          <span>Closes</span>
        </div>
      )}
      {typed.targets.map((row, index) => (
        <Row
          key={row.key}
          seen={seen}
          row={row}
          name={row.number === undefined ? nameOfNew(typed, index) : `target ${row.number}`}
          tick={tick}
          faults={faults}
          onChange={replace}
          onRemove={() => remove(row)}
        />
      ))}
      <div className={classes.targetFoot}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={add}
        >
          Add a target
        </Button>
        <InAll percent={percentInAll(seen, typed)} hasTargets={typed.targets.length > 0} />
      </div>
    </section>
  );
}

/** A new one gets its number when it is set. */
function nameOfNew({ targets }: TypedLevels, index: number): string {
  const before = targets.slice(0, index).filter(({ number }) => number === undefined).length;
  const isOnly = targets.filter(({ number }) => number === undefined).length === 1;
  return isOnly ? "the new target" : `new target ${before + 1}`;
}

function Row(props: {
  seen: PositionRow;
  row: TypedTarget;
  name: string;
  tick: string | undefined;
  faults: FieldWords;
  onChange: (row: TypedTarget) => void;
  onRemove: () => void;
}) {
  const { seen, row, name, tick, faults, onChange, onRemove } = props;
  const { level, percent } = shownTarget(seen, row, tick);
  return (
    <div className={classes.target}>
      <span className={`${classes.targetName} muted`} aria-hidden>
        {row.number === undefined ? "New" : `Target ${row.number}`}
      </span>
      <TextInput
        aria-label={`Price of ${name}`}
        inputMode="decimal"
        autoComplete="off"
        autoFocus={row.number === undefined && row.level === ""}
        value={level}
        error={faults[levelField(row)]}
        onChange={({ currentTarget }) => onChange({ ...row, level: currentTarget.value })}
      />
      <TextInput
        aria-label={`Percent of the entry that ${name} closes`}
        inputMode="decimal"
        autoComplete="off"
        value={percent}
        error={faults[percentField(row)]}
        onChange={({ currentTarget }) => onChange({ ...row, percent: currentTarget.value })}
      />
      <Closes seen={seen} row={row} />
      <ActionIcon aria-label={`Take ${name} away`} title={`Take ${name} away`} onClick={onRemove}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}

function Closes({ seen, row }: { seen: PositionRow; row: TypedTarget }) {
  const lot = useLotSize(seen.symbol) ?? "0";
  const closes = unitsOf(seen, row, lot);
  const filled = targetOf(seen, row)?.filled ?? "0";
  return (
    <span className={`${classes.closes} number`}>
      {closes === undefined ? "–" : `${closes.isAbout ? "≈ " : ""}${quantity(closes.units)}`}
      {signOf(filled) > 0 ? <small className="muted">{quantity(filled)} closed</small> : null}
    </span>
  );
}

function InAll({ percent, hasTargets }: { percent: string; hasTargets: boolean }) {
  if (!hasTargets) return null;
  const isMore = compare(percent, "100") > 0;
  return (
    <span className={isMore ? classes.tooMuch : "muted"} aria-live="polite">
      {quantity(percent)} % of the entry in all{isMore ? "; at most 100 %" : ""}
    </span>
  );
}
