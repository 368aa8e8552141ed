/** Limits of several scopes side by side, with those that hold; one scope may be edited. */
import { Checkbox, TextInput } from "@mantine/core";
import { LIMIT_GROUPS, LIMITS, type LimitWords } from "~/format/limits";
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
}

export function LimitTable({ label, scopes, own }: LimitTableProps) {
  const sets = own === undefined ? scopes : [...scopes, asScope(own)];
  return (
    <table className={classes.table} aria-label={label}>
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
            <Row key={name} name={name} sets={sets} own={own} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

/** As far as what is typed can be read. */
function asScope({ label, isWide, saved, typed }: OwnScope): Scope {
  return { label, isWide, limits: limitsOf(typed, saved).limits };
}

function Row({ name, sets, own }: { name: string; sets: readonly Scope[]; own?: OwnScope }) {
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
          {words.does} <span className={classes.measures}>{measures(words, sets)}</span>
        </p>
      </th>
      {sets.map((scope, index) => (
        <td key={scope.label} data-label={scope.label}>
          {own !== undefined && index === sets.length - 1 ? (
            <Fields name={name} words={words} own={own} />
          ) : (
            <Value name={name} limits={scope.limits} />
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

function Value({ name, limits }: { name: string; limits: LimitSet }) {
  const value = limitValue(name, limits);
  return value === undefined ? (
    <span className="muted">Off</span>
  ) : (
    <span className={classes.value}>
      {value} <Unit words={LIMITS[name]} />
    </span>
  );
}

/** Where the value does not say it itself. */
function Unit({ words }: { words: LimitWords | undefined }) {
  if (words === undefined || words.parts !== undefined) return null;
  const { shape, unit } = words;
  return shape === "amount" || shape === "units" || shape === "count" ? (
    <span className="muted">{unit}</span>
  ) : null;
}

function measures({ measures: measured }: LimitWords, sets: readonly Scope[]): string {
  if (measured === "order") return "Compared with each entry.";
  if (measured === "profile") return "Compared with each profile by itself.";
  const hasNarrow = sets.some(({ isWide }) => !isWide);
  return hasNarrow
    ? "A profile's is compared with that profile, the others with all profiles together."
    : "Compared with all profiles together.";
}

function Fields({ name, words, own }: { name: string; words: LimitWords; own: OwnScope }) {
  const { typed, saved, savedTyped, faults, onChange } = own;
  const fields = pathsOf(name);
  const isChanged = fields.some(({ path }) => typed[path] !== savedTyped[path]);
  return (
    <div className={classes.fields}>
      {fields.map(({ path, shape }, index) => {
        const part = words.parts?.[index];
        const title = part === undefined ? words.title : `${words.title}: ${part.title}`;
        if (shape === "flag") {
          return (
            <Checkbox
              key={path}
              size="xs"
              label={part?.title}
              aria-label={title}
              checked={typed[path] === "true"}
              onChange={({ currentTarget }) => onChange(path, currentTarget.checked ? "true" : "")}
            />
          );
        }
        return (
          <TextInput
            key={path}
            size="sm"
            label={part?.title}
            aria-label={title}
            placeholder="Off"
            autoComplete="off"
            inputMode={shape === "symbols" ? "text" : "decimal"}
            rightSection={
              <span className={classes.unit}>{part === undefined ? words.unit : part.unit}</span>
            }
            rightSectionWidth={widthOf(part === undefined ? words.unit : part.unit)}
            rightSectionPointerEvents="none"
            value={typed[path] ?? ""}
            error={faults[path]}
            onChange={({ currentTarget }) => onChange(path, currentTarget.value)}
          />
        );
      })}
      {isChanged ? (
        <small className={classes.was}>Saved: {limitValue(name, saved) ?? "off"}</small>
      ) : null}
    </div>
  );
}

const widthOf = (unit: string): number => (unit === "" ? 0 : 16 + unit.length * 7);
