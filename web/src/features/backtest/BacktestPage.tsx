/** Back-tests: what to run, and what was run before. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { BacktestRow } from "~/api/types";
import { backtestsQuery } from "~/app/queries";
import { useFlags } from "~/app/useSession";
import { Profit } from "~/components/Amount";
import { Badge, type Tone } from "~/components/Badge";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Older } from "~/components/Older";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { Ago } from "~/components/Time";
import { decimalText } from "~/format/decimal";
import { count, percent, ratio } from "~/format/number";
import { spoken } from "~/format/words";
import { RunForm } from "./RunForm";
import { requestSymbols } from "./requestSymbols";
import { RunSpan } from "./RunSpan";
import classes from "./Backtest.module.css";

export function BacktestPage() {
  const flags = useFlags();
  const isPhone = useIsPhone();
  const query = useInfiniteQuery({ ...backtestsQuery, refetchInterval: 5_000 });
  const navigate = useNavigate();
  if (flags !== undefined && !flags.backtest.enabled) {
    return (
      <Empty title="Back-tests are switched off here">An administrator can switch them on.</Empty>
    );
  }
  return (
    <>
      <PageHeader
        title="Back-test"
        about="The same engine and fills, over history. Fees decide more than most rules."
      />
      {isPhone ? null : <RunForm />}
      <Panel title="Earlier runs" flush>
        <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
        {query.isPending ? <Rows /> : null}
        {query.data === undefined ? null : (
          <DataTable
            label="Earlier runs"
            columns={COLUMNS}
            rows={query.data.pages.flatMap(({ items }) => items)}
            rowKey={({ id }) => id}
            onOpen={({ id }) =>
              void navigate({ to: "/backtest/$backtestId", params: { backtestId: id } })
            }
            empty={
              <Empty title="Nothing was run yet">
                {isPhone
                  ? "Back-tests are begun on a larger screen; their results are here as well."
                  : "Take a profile’s config above, and see what it would have done."}
              </Empty>
            }
            card={(run) => <RunCard run={run} />}
          />
        )}
        <Older query={query} />
      </Panel>
    </>
  );
}

function RunCard({ run }: { run: BacktestRow }) {
  return (
    <>
      <CardLines
        title={<RunLink run={run} />}
        value={<Return run={run} />}
        detail={<RunState run={run} />}
        valueDetail={<Ago at={run.createdAt} />}
      />
      <div className={classes.cardSpan}>
        <RunSpan run={run} />
      </div>
    </>
  );
}

const COLUMNS: Column<BacktestRow>[] = [
  { key: "what", header: "Run", cell: (run) => <RunLink run={run} /> },
  { key: "span", header: "Of", cell: (run) => <RunSpan run={run} /> },
  { key: "state", header: "State", cell: (run) => <RunState run={run} /> },
  { key: "return", header: "Return", numeric: true, cell: (run) => <Return run={run} /> },
  {
    key: "drawdown",
    header: "Largest drawdown",
    numeric: true,
    cell: ({ figures }) =>
      figures === undefined ? "–" : percent(decimalText(figures.maxDrawdownPct)),
  },
  {
    key: "trades",
    header: "Trades",
    numeric: true,
    cell: ({ figures }) => (figures === undefined ? "–" : count(figures.closedTrades)),
  },
  { key: "sharpe", header: "Sharpe", numeric: true, cell: (run) => ratio(run.figures?.sharpe) },
  {
    key: "bars",
    header: "Bars",
    numeric: true,
    cell: ({ bars }) => (bars === undefined ? "–" : count(bars)),
  },
  { key: "at", header: "Started", cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

function RunLink({ run }: { run: BacktestRow }) {
  const { timeframe, data } = run.request;
  return (
    <Link to="/backtest/$backtestId" params={{ backtestId: run.id }}>
      {requestSymbols(run.request).join(", ")} · {timeframe},{" "}
      {data.source === "upload" ? "own data" : "market data"}
    </Link>
  );
}

const TONES: Record<BacktestRow["state"], Tone> = {
  queued: "neutral",
  running: "accent",
  done: "good",
  failed: "critical",
  cancelled: "neutral",
};

export function RunState({ run }: { run: BacktestRow }) {
  return (
    <Badge tone={TONES[run.state]} hint={run.error}>
      {spoken(run.state)}
      {run.state === "running" ? `, ${Math.round(run.progressPct)} %` : ""}
    </Badge>
  );
}

function Return({ run }: { run: BacktestRow }) {
  const value = run.figures?.returnPct ?? undefined;
  return value === undefined ? <>–</> : <Profit value={decimalText(value)} unit="percent" />;
}
