/** One back-test: its progress, then what came of it. */
import { Button, Progress, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { answerOf, trading } from "~/api/client";
import type { Backtest, BacktestRequest, BacktestSummary } from "~/api/types";
import { backtestQuery, configQuery, queryClient } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { Confirm } from "~/components/Confirm";
import { Empty, Figures, PageHeader, Panel, Rows, type Figure } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { At } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { decimalText } from "~/format/decimal";
import { count, money, moneyIn, percent, ratio } from "~/format/number";
import { onProgress } from "~/realtime/connection";
import { RunState } from "./BacktestPage";
import { costsOf, feeWords } from "./costs";
import { Report } from "./Report";
import { requestSymbols } from "./requestSymbols";
import { RunSpan } from "./RunSpan";
import { RunTrades } from "./RunTrades";
import classes from "./Backtest.module.css";

export function RunPage() {
  const { backtestId } = useParams({ from: "/backtest/$backtestId" });
  const query = useQuery(backtestQuery(backtestId));
  useProgress(backtestId);
  const run = query.data;
  if (run === undefined) {
    return query.error === null ? <Rows rows={8} /> : <ProblemNote error={query.error} />;
  }
  const { timeframe } = run.request;
  return (
    <>
      <PageHeader
        documentTitle={`Back-test of ${requestSymbols(run.request).join(", ")}`}
        title={
          <>
            Back-test of {requestSymbols(run.request).join(", ")} on {timeframe} bars
            <RunState run={run} />
          </>
        }
        about={
          <>
            <RunSpan run={run} />
            <br />
            Started <At at={run.createdAt} />, <Terms request={run.request} />
          </>
        }
        actions={<RunActions run={run} />}
      />
      {run.state === "queued" || run.state === "running" ? <Running run={run} /> : null}
      {run.state === "failed" ? <Failed run={run} /> : null}
      {run.state === "cancelled" ? (
        <Empty title="It was cancelled">
          Nothing came of it. “Change and run again” opens the form as it was sent.
        </Empty>
      ) : null}
      {run.summary === undefined ? null : <Result run={run} summary={run.summary} />}
    </>
  );
}

/** With what it began, and what trading cost. */
function Terms({ request }: { request: BacktestRequest }) {
  const costs = costsOf(request, useQuery(configQuery).data?.costs);
  const { cash = "10000", currency } = request;
  return (
    <>
      {currency === undefined ? money(cash) : moneyIn(cash, currency)} cash, {feeWords(costs)},
      slippage {costs.slippageBps} bp
    </>
  );
}

/** Takes up progress as it is pushed. */
function useProgress(id: string): void {
  useEffect(
    () =>
      onProgress((progress) => {
        if (progress.id !== id) return;
        const { queryKey } = backtestQuery(id);
        const known = queryClient.getQueryData<Backtest>(queryKey);
        if (known === undefined) return;
        if (progress.state === "done" || progress.state === "failed") {
          void queryClient.invalidateQueries({ queryKey });
          return;
        }
        queryClient.setQueryData<Backtest>(queryKey, {
          ...known,
          state: progress.state,
          progressPct: progress.progressPct,
        });
      }),
    [id],
  );
}

function RunActions({ run }: { run: Backtest }) {
  const navigate = useNavigate();
  const isPhone = useIsPhone();
  const isUnderWay = run.state === "queued" || run.state === "running";
  const path = { id: run.id };
  const refreshes = [["backtests"], ["backtest", run.id]];
  const cancel = useAction(
    (_: undefined, key) =>
      answerOf(
        trading.DELETE("/api/backtest/{id}", {
          params: { path, header: { "Idempotency-Key": key } },
        }),
      ),
    {
      done: (ended) =>
        ended.state === "done" ? "It had ended already. Its result is kept." : "It is cancelled.",
      refreshes,
    },
  );
  const remove = useAction(
    (_: undefined, key) =>
      answerOf(
        trading.DELETE("/api/backtest/{id}", {
          params: { path, query: { remove: true }, header: { "Idempotency-Key": key } },
        }),
      ),
    {
      done: "It is removed.",
      refreshes,
      onDone: () => void navigate({ to: "/backtest", replace: true }),
    },
  );
  if (isUnderWay) {
    return (
      <>
        <Button variant="default" loading={cancel.isRunning} onClick={() => cancel.run(undefined)}>
          Cancel it
        </Button>
        <ProblemNote error={cancel.error} />
      </>
    );
  }
  return (
    <>
      {isPhone ? null : <ChangeAndRun run={run} />}
      <Confirm label="Remove" title="Remove this run?" confirm="Remove it" danger action={remove}>
        <p>Its figures, trades and report are gone then. Profiles are not touched.</p>
      </Confirm>
    </>
  );
}

/** Opens the form as this run was asked for. */
function ChangeAndRun({ run }: { run: Backtest }) {
  const navigate = useNavigate();
  return (
    <Button onClick={() => void navigate({ to: "/backtest", search: { run: run.id } })}>
      Change and run again
    </Button>
  );
}

function Running({ run }: { run: Backtest }) {
  const done = Math.round(run.progressPct);
  const words = run.state === "queued" ? "Waiting for its turn" : "Replaying history";
  return (
    <Panel>
      <div className={classes.progress} role="status">
        <span>
          {words}
          {run.bars === undefined ? "" : `, ${count(run.bars)} bars`}
        </span>
        <b className="number">{done} %</b>
      </div>
      <Progress value={done} aria-label={words} />
    </Panel>
  );
}

function Failed({ run }: { run: Backtest }) {
  return (
    <Panel>
      <strong>It could not be run.</strong>
      <p className={classes.error}>{run.error ?? "The server did not say why."}</p>
      <span className="muted">
        Nothing was imported. “Change and run again” opens the form as it was sent: correct the data
        or the config there.
      </span>
    </Panel>
  );
}

function Result({ run, summary }: { run: Backtest; summary: BacktestSummary }) {
  return (
    <div className={classes.result}>
      <Panel>
        <Figures figures={figuresOf(summary)} />
      </Panel>
      <Panel flush>
        <Tabs defaultValue="report" keepMounted={false}>
          <Tabs.List px={8}>
            <Tabs.Tab value="report">Report</Tabs.Tab>
            <Tabs.Tab value="trades">Trades</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="report">
            <Report id={run.id} />
          </Tabs.Panel>
          <Tabs.Panel value="trades">
            <RunTrades run={run} trades={summary.trades ?? []} />
          </Tabs.Panel>
        </Tabs>
      </Panel>
    </div>
  );
}

function isMissing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function textOf(value: string | number | null | undefined): string | undefined {
  return isMissing(value) ? undefined : decimalText(value);
}

function figuresOf(summary: BacktestSummary): Figure[] {
  const { winRatePct } = summary;
  return [
    { label: "Final equity", value: money(decimalText(summary.finalEquity)) },
    { label: "Return", value: <Profit value={textOf(summary.returnPct)} unit="percent" /> },
    { label: "Largest drawdown", value: percent(decimalText(summary.maxDrawdownPct)) },
    { label: "Closed trades", value: count(summary.closedTrades) },
    { label: "Still open", value: count(summary.openTrades) },
    { label: "Winners", value: isMissing(winRatePct) ? "–" : percent(decimalText(winRatePct), 1) },
    { label: "Profit factor", value: ratio(summary.profitFactor) },
    { label: "Sharpe", value: ratio(summary.sharpe) },
    { label: "Sortino", value: ratio(summary.sortino) },
    { label: "Calmar", value: ratio(summary.calmar) },
    { label: "Fees", value: money(decimalText(summary.fees)) },
    { label: "Bars a second", value: count(Math.round(summary.barsPerSecond)) },
  ];
}
