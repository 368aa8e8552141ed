/** Limits of several scopes side by side, with those that hold; one scope may be edited. */
import { Checkbox, TextInput } from "@mantine/core";
import { LIMIT_GROUPS, LIMITS, type LimitShape, type LimitWords } from "~/format/limits";
import { Badge } from "~/components/Badge";
import {
  holding,
  limitsOf,
  limitValue,
  pathsOf,
  type LimitFaults,
  type LimitSet,
  type Typed,
} from "./limitSet";
import classes from "./Limits.module.css";

export interface Scope {
  label: string;
  limits: LimitSet;
  /** Whether its sums go over all profiles. */
  isWide: boolean;
}

/** The scope whose limits are written here. */
export interface OwnScope extends Omit<Scope, "limits"> {
  saved: LimitSet;
  typed: Typed;
  savedTyped: Typed;
  faults: LimitFaults;
  onChange: (path: string, text: string) => void;
}

interface LimitTableProps {
  label: string;
  scopes: readonly Scope[];
  own?: OwnScope;
  /** What amounts are in, where that is one for all of them. */
  currency?: string;
}

export function LimitTable({ label, scopes, own, currency }: LimitTableProps) {
  const sets = own === undefined ? scopes : [...scopes, asScope(own)];
  return (
    <div className={classes.scroller} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Limit</th>
            {sets.map((scope) => (
              <th key={scope.label} scope="col">
                {scope.label}
              </th>
            ))}
          </tr>
        </thead>
        {LIMIT_GROUPS.map(({ title, names }) => (
          <tbody key={title}>
            <tr>
              <th scope="rowgroup" colSpan={sets.length + 1} className={classes.group}>
                {title}
              </th>
            </tr>
            {names.map((name) => (
              <Row key={name} name={name} sets={sets} own={own} currency={currency} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** As far as what is typed can be read. */
function asScope({ label, isWide, saved, typed }: OwnScope): Scope {
  return { label, isWide, limits: limitsOf(typed, saved).limits };
}

interface RowProps {
  name: string;
  sets: readonly Scope[];
  own?: OwnScope;
  currency?: string;
}

function Row({ name, sets, own, currency }: RowProps) {
  const words = LIMITS[name];
  if (words === undefined) return null;
  const all = sets.map(({ limits }) => limits);
  const set = all.filter((limits) => limitValue(name, limits) !== undefined);
  const holds = holding(
    name,
    all,
    sets.map(({ isWide }) => isWide),
  );
  return (
    <tr>
      <th scope="row" className={classes.what}>
        <b>{words.title}</b>
        <p>
          {words.does} {measures(words, sets)}
        </p>
      </th>
      {sets.map((scope, index) => (
        <td key={scope.label} data-label={scope.label}>
          {own !== undefined && index === sets.length - 1 ? (
            <Fields name={name} words={words} own={own} currency={currency} />
          ) : (
            <Value name={name} limits={scope.limits} unit={unitOf(words, currency)} />
          )}
          {set.length > 1 && holds.includes(index) ? (
            <Badge tone="accent" hint="Of those that are set, this one is reached first.">
              Holds
            </Badge>
          ) : null}
        </td>
      ))}
    </tr>
  );
}

function Value({ name, limits, unit }: { name: string; limits: LimitSet; unit: string }) {
  const value = limitValue(name, limits);
  return value === undefined ? (
    <span className="muted">Off</span>
  ) : (
    <span className={classes.value}>
      {value} {SAID_WITHOUT_UNIT.has(LIMITS[name]?.shape ?? "flag") ? unit : ""}
    </span>
  );
}

const SAID_WITHOUT_UNIT = new Set<LimitShape>(["amount", "units", "count"]);

/** Capital pays for what is priced in its own currency alone. */
function unitOf({ shape, unit, parts }: LimitWords, currency: string | undefined): string {
  if (parts !== undefined) return "";
  return shape === "amount" ? (currency ?? unit) : unit;
}

function measures({ measures: measured }: LimitWords, sets: readonly Scope[]): string {
  if (measured === "order") return "";
  if (measured === "profile") return "Compared with each profile by itself.";
  const hasNarrow = sets.some(({ isWide }) => !isWide);
  return hasNarrow
    ? "A profile's is compared with that profile, the others with all profiles together."
    : "Compared with all profiles together.";
}

interface FieldsProps {
  name: string;
  words: LimitWords;
  own: OwnScope;
  currency?: string;
}

function Fields({ name, words, own, currency }: FieldsProps) {
  const { typed, saved, savedTyped } = own;
  const fields = pathsOf(name);
  const isChanged = fields.some(({ path }) => typed[path] !== savedTyped[path]);
  return (
    <>
      <div className={classes.fields} data-parts={fields.length > 1}>
        {words.parts === undefined ? (
          <Field
            path={name}
            title={words.title}
            unit={unitOf(words, currency)}
            shape={words.shape}
            own={own}
          />
        ) : (
          words.parts.map(({ name: part, title, unit, shape }) => (
            <Field
              key={part}
              path={`${name}.${part}`}
              title={`${words.title}: ${title}`}
              label={title}
              unit={unit}
              shape={shape}
              own={own}
            />
          ))
        )}
      </div>
      {isChanged ? (
        <small className={classes.was}>Saved: {limitValue(name, saved) ?? "off"}</small>
      ) : null}
    </>
  );
}

interface FieldProps {
  path: string;
  title: string;
  /** Of a part, beside its own limit. */
  label?: string;
  unit: string;
  shape: LimitShape;
  own: OwnScope;
}

function Field({ path, title, label, unit, shape, own }: FieldProps) {
  const { typed, faults, onChange } = own;
  if (shape === "flag") {
    return (
      <Checkbox
        size="xs"
        className={classes.flag}
        label={label}
        aria-label={title}
        checked={typed[path] === "true"}
        onChange={({ currentTarget }) => onChange(path, currentTarget.checked ? "true" : "")}
      />
    );
  }
  return (
    <TextInput
      size="sm"
      label={label}
      aria-label={title}
      placeholder="Off"
      autoComplete="off"
      inputMode={shape === "symbols" ? "text" : "decimal"}
      rightSection={unit === "" ? undefined : <span className={classes.unit}>{unit}</span>}
      rightSectionWidth={16 + unit.length * 7}
      rightSectionPointerEvents="none"
      value={typed[path] ?? ""}
      error={faults[path]}
      onChange={({ currentTarget }) => onChange(path, currentTarget.value)}
    />
  );
}
