/** What to run: a config, data, and what trading costs. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answerOf, trading, upload } from "~/api/client";
import type { BacktestRequest } from "~/api/types";
import { backtestQuery, configQuery } from "~/app/queries";
import {
  CheckedConfig,
  CheckState,
  configOf,
  textOf,
  useConfigCheck,
  type ConfigCheck,
} from "~/components/editor/CheckedConfig";
import { useConfigText, type ConfigText } from "~/components/editor/useConfigText";
import { fieldFaults } from "~/components/fieldFaults";
import { Empty, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { symbolsOf } from "~/components/editor/symbolsOf";
import { useCanAct } from "~/realtime/hooks";
import { ConfigSource } from "./ConfigSource";
import { DataFields } from "./DataFields";
import { requestSymbols } from "./requestSymbols";
import classes from "./Backtest.module.css";
import { faultsOf, fieldsOf, firstRun, placeOf, requestOf, type RunFields } from "./runRequest";

export function RunForm() {
  const { run: former, profile } = useSearch({ from: "/backtest" });
  const query = useQuery({ ...backtestQuery(former ?? ""), enabled: former !== undefined });
  if (former === undefined) return <Form key="new" profileId={profile} />;
  if (query.data !== undefined) return <Form key={former} former={query.data.request} />;
  if (query.error === null) return <Rows rows={8} />;
  return (
    <>
      <ProblemNote error={query.error} title="The former run could not be taken up." />
      <Form key="new" />
    </>
  );
}

interface FormProps {
  former?: BacktestRequest;
  profileId?: string;
}

function Form({ former, profileId }: FormProps) {
  const navigate = useNavigate();
  const canAct = useCanAct();
  const rules = useConfigText(former === undefined ? undefined : textOf(former.strategyConfig));
  const { fields, costs, change } = useFields(former);
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  const [sent, setSent] = useState<RunFields>();
  const check = useConfigCheck(rules.text, { isForMarket: fields.source === "market" });
  const config = configOf(rules.text);
  const asked = requestOf(fields, config, files, former);

  const run = useAction((request: BacktestRequest) => start(request, files), {
    onDone: ({ id }) => {
      // Whoever goes back finds the form as it was sent.
      void navigate({ to: "/backtest", search: { run: id }, replace: true }).then(() =>
        navigate({ to: "/backtest/$backtestId", params: { backtestId: id } }),
      );
    },
  });
  const refused = fieldFaults(run.error, placeOf, (name) => sent?.[name] === fields[name]);
  const isReady = canAct && asked.request !== undefined && check.answer?.valid === true;
  const send = () => {
    if (asked.request === undefined) return;
    setSent(fields);
    run.run(asked.request);
  };
  return (
    <div className={classes.form}>
      {rules.question}
      <Panel
        title="Rules"
        flush
        actions={
          <>
            {rules.isOpen ? <CheckState check={check} /> : null}
            <ConfigSource
              profileId={profileId}
              onText={rules.offer}
              onTaken={({ allocated, currency }) => change({ cash: allocated, currency })}
            />
          </>
        }
      >
        <Rules rules={rules} check={check} />
      </Panel>
      <Panel title="Data and costs">
        <div className={classes.fields}>
          <DataFields
            fields={fields}
            faults={{ ...refused.at, ...faultsOf(fields) }}
            costs={costs}
            symbols={symbolsOf(config)}
            files={files}
            isAgain={former !== undefined}
            onChange={change}
            onFiles={setFiles}
          />
          <ProblemNote error={run.error} placed={refused.placed} />
          <Button fullWidth disabled={!isReady} loading={run.isRunning} onClick={send}>
            Run it
          </Button>
          {asked.fault === undefined ? null : <span className="muted">{asked.fault}</span>}
        </div>
      </Panel>
    </div>
  );
}

/** What is typed or taken from a profile stands over what the form begins with. */
function useFields(former: BacktestRequest | undefined) {
  const costs = useQuery(configQuery).data?.costs;
  const [changed, setChanged] = useState<Partial<RunFields>>({});
  const begun = former === undefined ? firstRun(costs) : fieldsOf(former, costs);
  const change = (changes: Partial<RunFields>) =>
    setChanged((before) => ({ ...before, ...changes }));
  return { costs, fields: { ...begun, ...changed }, change };
}

function Rules({ rules, check }: { rules: ConfigText; check: ConfigCheck }) {
  if (rules.isOpen) {
    return <CheckedConfig text={rules.text} onChange={rules.setText} check={check} />;
  }
  return (
    <Empty title="Choose a profile or an example above">
      Its config appears here as text; what you change here changes no profile.{" "}
      <button type="button" className={classes.plain} onClick={() => rules.fill("{\n}\n")}>
        Paste one instead
      </button>
    </Empty>
  );
}

function start(
  request: BacktestRequest,
  files: ReadonlyMap<string, File>,
): Promise<{ id: string }> {
  if (request.data.source === "market") {
    return answerOf(trading.POST("/api/backtest/run", { body: request }));
  }
  const form = new FormData();
  const symbols = requestSymbols(request);
  form.append("request", new Blob([JSON.stringify(request)], { type: "application/json" }));
  for (const symbol of symbols) {
    const file = files.get(symbol);
    // The symbol is the name of its part.
    if (file !== undefined) form.append(symbol, file);
  }
  return upload<{ id: string }>("/api/backtest/run", form);
}
