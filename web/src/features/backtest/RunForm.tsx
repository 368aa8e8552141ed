/** What to run: a config, data, and what trading costs. */
import { Button, FileInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState } from "react";
import { answerOf, trading, upload } from "~/api/client";
import { asProblem } from "~/api/problem";
import type { BacktestRequest } from "~/api/types";
import { backtestQuery, profileQuery, queryClient } from "~/app/queries";
import {
  CheckedConfig,
  CheckState,
  configOf,
  textOf,
  useConfigCheck,
} from "~/components/editor/CheckedConfig";
import { useConfigText } from "~/components/editor/useConfigText";
import { Empty, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { PRESETS } from "~/features/strategies/presets";
import { symbolsOf } from "~/features/strategies/retarget";
import { useCanAct, useProfiles, useSymbols } from "~/realtime/hooks";
import { requestSymbols } from "./requestSymbols";
import classes from "./Backtest.module.css";
import { fieldsOf, FIRST_RUN, requestOf, type RunFields } from "./runRequest";

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

function Form({ former, profileId }: { former?: BacktestRequest; profileId?: string }) {
  const navigate = useNavigate();
  const canAct = useCanAct();
  const rules = useConfigText(former === undefined ? undefined : textOf(former.strategyConfig));
  const [fields, setFields] = useState<RunFields>(
    former === undefined ? FIRST_RUN : fieldsOf(former),
  );
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  const check = useConfigCheck(rules.text);
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
  const isReady = canAct && asked.request !== undefined && check.answer?.valid === true;
  return (
    <div className={classes.form}>
      {rules.question}
      <Panel
        title="Rules"
        flush
        actions={
          <>
            {rules.isOpen ? <CheckState check={check} /> : null}
            <ConfigSource profileId={profileId} onText={rules.offer} />
          </>
        }
      >
        {rules.isOpen ? (
          <CheckedConfig text={rules.text} onChange={rules.setText} check={check} />
        ) : (
          <Empty title="Choose a profile or an example above">
            Its config appears here as text; what you change here changes no profile.{" "}
            <button type="button" className={classes.plain} onClick={() => rules.fill("{\n}\n")}>
              Paste one instead
            </button>
          </Empty>
        )}
      </Panel>
      <Panel title="Data and costs">
        <div className={classes.fields}>
          <DataFields
            fields={fields}
            symbols={symbolsOf(config)}
            files={files}
            isAgain={former !== undefined}
            onChange={(changes) => setFields({ ...fields, ...changes })}
            onFiles={setFiles}
          />
          <ProblemNote error={run.error} />
          <Button
            fullWidth
            disabled={!isReady}
            loading={run.isRunning}
            onClick={() => asked.request !== undefined && run.run(asked.request)}
          >
            Run it
          </Button>
          {asked.fault === undefined ? null : <span className="muted">{asked.fault}</span>}
        </div>
      </Panel>
    </div>
  );
}

function DataFields(props: {
  fields: RunFields;
  symbols: string[];
  files: ReadonlyMap<string, File>;
  isAgain: boolean;
  onChange: (changes: Partial<RunFields>) => void;
  onFiles: (files: ReadonlyMap<string, File>) => void;
}) {
  const { fields, symbols, files, isAgain, onChange, onFiles } = props;
  return (
    <>
      <SegmentedControl
        aria-label="Data"
        fullWidth
        value={fields.source}
        onChange={(source) => onChange({ source: source })}
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
          <Field label="From" type="date" name="from" fields={fields} onChange={onChange} />
          <Field label="To" type="date" name="to" fields={fields} onChange={onChange} />
        </div>
        <p className={classes.hint}>{rangeWords(fields)}</p>
      </div>
      <Field label="Cash" name="cash" fields={fields} onChange={onChange} />
      <div className={classes.pair}>
        <Field label="Fee, %" name="feePct" fields={fields} onChange={onChange} />
        <Field label="Slippage, bp" name="slippageBps" fields={fields} onChange={onChange} />
      </div>
    </>
  );
}

function rangeWords({ from, to }: RunFields): string {
  if (from === "" && to === "") return "Blank dates: the latest 20,000 bars.";
  if (from === "") return "From the first bar that there is.";
  return to === "" ? "To the last bar that there is." : "Both days are included.";
}

function Field(props: {
  label: string;
  name: "from" | "to" | "cash" | "feePct" | "slippageBps";
  type?: "date";
  fields: RunFields;
  onChange: (changes: Partial<RunFields>) => void;
}) {
  const { label, name, type, fields, onChange } = props;
  return (
    <TextInput
      label={label}
      type={type}
      inputMode={type === undefined ? "decimal" : undefined}
      value={fields[name]}
      onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value })}
    />
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

/** Offers the config of a profile or an example. */
function ConfigSource(props: {
  profileId: string | undefined;
  onText: (text: string, onTaken: () => void) => void;
}) {
  const { profileId, onText } = props;
  const profiles = useProfiles();
  const symbols = useSymbols();
  const [chosen, setChosen] = useState<string | null>(null);
  const take = useAction(async (id: string) => {
    const { profile } = await queryClient.query({ ...profileQuery(id), staleTime: 0 });
    onText(textOf(profile.strategyConfig), () => setChosen(id));
  });
  const first = useEffectEvent(() => profileId !== undefined && take.run(profileId));
  useEffect(() => void first(), []);
  const choose = (value: string) => {
    const preset = PRESETS.find(({ key }) => key === value);
    if (preset === undefined) return take.run(value);
    onText(textOf(preset.config(symbols[0] ?? "SAMPLE", "1h")), () => setChosen(value));
  };
  return (
    <Select
      aria-label="Config from"
      placeholder="Config from…"
      size="xs"
      w={200}
      value={chosen}
      error={take.error === null ? undefined : asProblem(take.error).message}
      onChange={(value) => value !== null && choose(value)}
      data={[
        { group: "Profiles", items: profiles.map(({ id, name }) => ({ value: id, label: name })) },
        { group: "Examples", items: PRESETS.map(({ key, name }) => ({ value: key, label: name })) },
      ]}
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
