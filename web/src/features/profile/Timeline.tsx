/** Why a profile did something, and why not: the latest evaluation, then all that came before. */
import { Checkbox, Select } from "@mantine/core";
import { IconCheck, IconClockHour4, IconHourglass } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { EvaluationRow, ProfileRow, RuleRow, TimelineRow } from "~/api/types";
import { timelineQuery } from "~/app/queries";
import { Badge, type Tone } from "~/components/Badge";
import { LIMIT_NUMBERS } from "~/components/limitNumbers";
import { Older } from "~/components/Older";
import { toldThen, useToldNow } from "~/components/latestEvaluation";
import { Empty, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { Said } from "~/components/Said";
import { Ago, At } from "~/components/Time";
import { timelineKind } from "~/format/words";
import { useEvaluation } from "~/realtime/hooks";
import { EntriesNow } from "./EntriesNow";
import classes from "./Profile.module.css";
import { isOfGroup, KIND_GROUPS, toneOf } from "./timelineKinds";

export function Timeline({ profile }: { profile: ProfileRow }) {
  const [symbol, setSymbol] = useState<string | null>(null);
  const [group, setGroup] = useState<string | null>(null);
  const [hidesWaiting, setHidesWaiting] = useState(false);
  const query = useInfiniteQuery(timelineQuery(profile.id));
  const rows = (query.data?.pages.flatMap(({ items }) => items) ?? [])
    .filter((row) => symbol === null || symbolOf(row) === undefined || symbolOf(row) === symbol)
    .filter((row) => isOfGroup(row, group))
    .filter((row) => !hidesWaiting || !isWaiting(row));
  const shownSymbols = symbol === null ? profile.symbols : [symbol];
  return (
    <>
      <EntriesNow profile={profile} />
      {shownSymbols.map((each) => (
        <Now key={each} profile={profile} symbol={each} />
      ))}
      <Tools
        symbols={profile.symbols}
        symbol={symbol}
        group={group}
        hidesWaiting={hidesWaiting}
        onSymbol={setSymbol}
        onGroup={setGroup}
        onHideWaiting={setHidesWaiting}
      />
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending ? <Rows rows={6} /> : null}
      {query.data !== undefined && rows.length === 0 ? (
        <NoLines isFiltered={symbol !== null || group !== null || hidesWaiting} />
      ) : null}
      <ol className={classes.timeline}>
        {rows.map((row, index) => (
          <Entry key={`${row.seq}-${row.at}-${index}`} row={row} />
        ))}
      </ol>
      <Older query={query} />
    </>
  );
}

function NoLines({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="Nothing of this kind among the latest lines">
      Show older ones, or take something out of the choice.
    </Empty>
  ) : (
    <Empty title="Nothing to explain yet">
      With each bar that closes, the profile says which rules were true and which were not.
    </Empty>
  );
}

function Tools(props: {
  symbols: string[];
  symbol: string | null;
  group: string | null;
  hidesWaiting: boolean;
  onSymbol: (symbol: string | null) => void;
  onGroup: (group: string | null) => void;
  onHideWaiting: (hides: boolean) => void;
}) {
  return (
    <div className={classes.timelineTools}>
      {props.symbols.length > 1 ? (
        <Select
          aria-label="Symbol"
          size="xs"
          w={150}
          placeholder="All symbols"
          clearable
          data={props.symbols}
          value={props.symbol}
          onChange={props.onSymbol}
        />
      ) : null}
      <Select
        aria-label="What it is about"
        size="xs"
        w={200}
        placeholder="All that happened"
        clearable
        data={KIND_GROUPS.map(({ value, label }) => ({ value, label }))}
        value={props.group}
        onChange={props.onGroup}
      />
      <Checkbox
        size="xs"
        label="Only what changed something"
        checked={props.hidesWaiting}
        onChange={({ currentTarget }) => props.onHideWaiting(currentTarget.checked)}
      />
    </div>
  );
}

/** The latest evaluation of one symbol, rule by rule. */
function Now({ profile, symbol }: { profile: ProfileRow; symbol: string }) {
  const evaluation = useEvaluation(profile.id, symbol);
  const told = useToldNow(profile, evaluation);
  if (evaluation === undefined || told === undefined) return null;
  return (
    <div className={classes.now}>
      <div className={classes.nowHead}>
        <strong>{symbol}</strong>
        <Badge tone={told.tone}>{told.badge}</Badge>
        {evaluation.refusal === undefined ? null : (
          <Badge tone="warning" hint={`code ${evaluation.refusal}`}>
            Refused
          </Badge>
        )}
        <span className="muted">
          <Ago at={evaluation.at} />
        </span>
        <span>
          <Said text={told.text} />
        </span>
      </div>
      <RefusedThen code={evaluation.refusal} />
      <Rules rules={evaluation.rules} />
    </div>
  );
}

/** Where to look at what has refused a signal; the sentence says what would let it pass. */
function RefusedThen({ code }: { code: string | undefined }) {
  if (code === undefined) return null;
  if (!(code in LIMIT_NUMBERS) && code !== "symbolRestricted") return null;
  return (
    <p className={classes.remedy}>
      <Link to="." search={{ tab: "limits" }}>
        The limits that it is compared with
      </Link>
    </p>
  );
}

function Rules({ rules }: { rules: RuleRow[] }) {
  return (
    <ul className={classes.rules}>
      {rules.map(({ role, name, state, text }, index) => (
        <li key={`${role}-${index}`} className={classes.rule} data-state={state}>
          <RuleIcon state={state} />
          <div>
            {name === "" ? null : <b>{name} </b>}
            <span className="muted">
              {ROLE_WORDS[role]}, {RULE_WORDS[state]}
            </span>
            <div className={classes.ruleText}>{text}</div>
          </div>
        </li>
      ))}
    </ul>
  );
}

const ROLE_WORDS: Record<RuleRow["role"], string> = {
  entry: "Entry",
  exit: "Exit",
  entryShort: "Short entry",
  exitShort: "Short exit",
};

/** A rule that is not true waits; that is no error. */
const RULE_WORDS: Record<RuleRow["state"], string> = {
  pass: "true",
  fail: "not true",
  notReady: "warming up",
};

function RuleIcon({ state }: { state: RuleRow["state"] }) {
  const Icon = state === "pass" ? IconCheck : state === "fail" ? IconClockHour4 : IconHourglass;
  return <Icon size={16} stroke={2} aria-hidden />;
}

function Entry({ row }: { row: TimelineRow }) {
  const { badge, tone, text } = told(row);
  return (
    <li className={classes.entry}>
      <span className="muted">
        <At at={row.at} />
      </span>
      <span>
        <Badge tone={tone}>{badge}</Badge>
      </span>
      <div>{text}</div>
    </li>
  );
}

function told(row: TimelineRow): { badge: string; tone: Tone; text: ReactNode } {
  switch (row.kind) {
    case "evaluation":
      return {
        ...evaluatedAs(row.evaluation),
        text: (
          <details>
            <summary>
              <span className="muted">{row.symbol}</span> <Said text={row.text} />
            </summary>
            <Rules rules={row.evaluation?.rules ?? []} />
          </details>
        ),
      };
    case "refusal":
      return {
        badge: timelineKind(row.kind),
        tone: toneOf(row.kind),
        text: (
          <details>
            <summary>
              <Said text={row.text} />
            </summary>
            <span className="muted">
              Code <code>{row.code}</code>
            </span>
          </details>
        ),
      };
    default:
      return {
        badge: timelineKind(row.kind),
        tone: toneOf(row.kind),
        text: <Said text={row.text} />,
      };
  }
}

function evaluatedAs(evaluation: EvaluationRow | undefined): { badge: string; tone: Tone } {
  return evaluation === undefined ? { badge: "Evaluated", tone: "neutral" } : toldThen(evaluation);
}

function symbolOf(row: TimelineRow): string | undefined {
  return row.symbol;
}

function isWaiting(row: TimelineRow): boolean {
  return row.evaluation?.decision === "hold";
}
