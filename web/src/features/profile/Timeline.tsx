/** Why a profile did something, and why not: the latest evaluation, then all that came before. */
import { Checkbox, Select } from "@mantine/core";
import { IconCheck, IconClockHour4, IconHourglass } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { EvaluationRow, ProfileRow, RuleRow, TimelineRow } from "~/api/types";
import { timelineQuery } from "~/app/queries";
import { Badge, type Tone } from "~/components/Badge";
import { Older } from "~/components/Older";
import { toldThen, useToldNow } from "~/components/latestEvaluation";
import { Empty, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { Ago, At } from "~/components/Time";
import { remedyOf, spoken } from "~/format/words";
import { useEvaluation } from "~/realtime/hooks";
import classes from "./Profile.module.css";

export function Timeline({ profile }: { profile: ProfileRow }) {
  const [symbol, setSymbol] = useState<string | null>(null);
  const [hidesWaiting, setHidesWaiting] = useState(false);
  const query = useInfiniteQuery(timelineQuery(profile.id));
  const rows = (query.data?.pages.flatMap(({ items }) => items) ?? [])
    .filter((row) => symbol === null || symbolOf(row) === undefined || symbolOf(row) === symbol)
    .filter((row) => !hidesWaiting || !isWaiting(row));
  const shownSymbols = symbol === null ? profile.symbols : [symbol];
  return (
    <>
      {shownSymbols.map((each) => (
        <Now key={each} profile={profile} symbol={each} />
      ))}
      <div className={classes.timelineTools}>
        {profile.symbols.length > 1 ? (
          <Select
            aria-label="Symbol"
            size="xs"
            w={150}
            placeholder="All symbols"
            clearable
            data={profile.symbols}
            value={symbol}
            onChange={setSymbol}
          />
        ) : null}
        <Checkbox
          size="xs"
          label="Only what changed something"
          checked={hidesWaiting}
          onChange={({ currentTarget }) => setHidesWaiting(currentTarget.checked)}
        />
      </div>
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending ? <Rows rows={6} /> : null}
      {query.data !== undefined && rows.length === 0 ? (
        <Empty title="Nothing to explain yet">
          With each bar that closes, the profile says which rules were true and which were not.
        </Empty>
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
        <span className="muted">
          <Ago at={evaluation.at} />
        </span>
        <span>{told.text}</span>
      </div>
      <Rules rules={evaluation.rules} />
    </div>
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
              <span className="muted">{row.symbol}</span> {row.text}
            </summary>
            <Rules rules={row.evaluation?.rules ?? []} />
          </details>
        ),
      };
    case "refusal":
      return {
        badge: "Refused",
        tone: "warning",
        text: (
          <details>
            <summary>{row.text}</summary>
            <span className="muted">
              {remedyOf(row.code ?? "") ?? ""} Code <code>{row.code}</code>
            </span>
          </details>
        ),
      };
    case "review":
      return { badge: "Under review", tone: "critical", text: row.text };
    default:
      return {
        badge: spoken(row.kind),
        tone: row.kind === "fill" ? "good" : "neutral",
        text: row.text,
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
