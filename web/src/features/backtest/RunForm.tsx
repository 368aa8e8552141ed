/** What to run: a config, data, and what trading costs. */
import { Button, FileInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answerOf, trading, upload } from "~/api/client";
import type { BacktestRequest } from "~/api/types";
import { profileQuery } from "~/app/queries";
import {
  CheckedConfig,
  CheckState,
  configOf,
  textOf,
  useConfigCheck,
} from "~/components/editor/CheckedConfig";
import { Empty, Panel } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { PRESETS } from "~/features/strategies/presets";
import { useCanAct, useProfiles, useSymbols } from "~/realtime/hooks";
import { requestSymbols } from "./requestSymbols";
import classes from "./Backtest.module.css";
import { FIRST_RUN, requestOf, symbolsOf, type RunFields } from "./runRequest";

export function RunForm() {
  const search = useSearch({ from: "/backtest" });
  const navigate = useNavigate();
  const canAct = useCanAct();
  const [text, setText] = useState("");
  const [fields, setFields] = useState<RunFields>(FIRST_RUN);
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  const change = (changes: Partial<RunFields>) => setFields({ ...fields, ...changes });
  const check = useConfigCheck(text);
  const config = configOf(text);
  const asked = requestOf(fields, config, files);

  const run = useAction((request: BacktestRequest) => start(request, files), {
    onDone: ({ id }) => void navigate({ to: "/backtest/$backtestId", params: { backtestId: id } }),
  });
  const isReady = canAct && asked.request !== undefined && check.answer?.valid === true;
  return (
    <div className={classes.form}>
      <Panel
        title="Rules"
        flush
        actions={
          <>
            {text === "" ? null : <CheckState check={check} />}
            <ConfigSource profileId={search.profile} onText={setText} />
          </>
        }
      >
        {text === "" ? (
          <Empty title="Choose a profile or an example above">
            Its config appears here as text; what you change here changes no profile.{" "}
            <button type="button" className={classes.plain} onClick={() => setText("{\n}\n")}>
              Paste one instead
            </button>
          </Empty>
        ) : (
          <CheckedConfig text={text} onChange={setText} check={check} />
        )}
      </Panel>
      <Panel title="Data and costs">
        <div className={classes.fields}>
          <SegmentedControl
            aria-label="Data"
            fullWidth
            value={fields.source}
            onChange={(source) => change({ source: source })}
            data={[
              { value: "market", label: "The market's data" },
              { value: "upload", label: "Own CSV" },
            ]}
          />
          {fields.source === "upload" ? (
            <Uploads
              symbols={symbolsOf(config)}
              files={files}
              stamped={fields.stamped}
              onFiles={setFiles}
              onStamped={(stamped) => change({ stamped })}
            />
          ) : null}
          <div className={classes.pair}>
            <TextInput
              label="From"
              type="date"
              value={fields.from}
              onChange={({ currentTarget }) => change({ from: currentTarget.value })}
            />
            <TextInput
              label="To"
              type="date"
              value={fields.to}
              onChange={({ currentTarget }) => change({ to: currentTarget.value })}
            />
          </div>
          <TextInput
            label="Cash"
            inputMode="decimal"
            value={fields.cash}
            onChange={({ currentTarget }) => change({ cash: currentTarget.value })}
          />
          <div className={classes.pair}>
            <TextInput
              label="Fee, %"
              inputMode="decimal"
              value={fields.feePct}
              onChange={({ currentTarget }) => change({ feePct: currentTarget.value })}
            />
            <TextInput
              label="Slippage, bp"
              inputMode="decimal"
              value={fields.slippageBps}
              onChange={({ currentTarget }) => change({ slippageBps: currentTarget.value })}
            />
          </div>
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

/** Fills the config in from a profile or an example. */
function ConfigSource(props: { profileId: string | undefined; onText: (text: string) => void }) {
  const { onText } = props;
  const profiles = useProfiles();
  const symbols = useSymbols();
  const [chosen, setChosen] = useState<string | null>(props.profileId ?? null);
  const isProfile = profiles.some(({ id }) => id === chosen);
  const { data } = useQuery({ ...profileQuery(chosen ?? ""), enabled: isProfile });
  const saved = data?.profile.strategyConfig;
  useEffect(() => {
    if (saved !== undefined) onText(textOf(saved));
  }, [saved, onText]);
  return (
    <Select
      aria-label="Config from"
      placeholder="Config from…"
      size="xs"
      w={200}
      value={chosen}
      onChange={(value) => {
        setChosen(value);
        const preset = PRESETS.find(({ key }) => key === value);
        if (preset !== undefined) onText(textOf(preset.config(symbols[0] ?? "SAMPLE", "1h")));
      }}
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
