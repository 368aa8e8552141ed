/** A new profile: a name, capital, an example to begin with, and its rules as text. */
import { Button, Select, TextInput, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { ProfileWrite } from "~/api/types";
import { usePreferences } from "~/app/preferences";
import { instrumentsQuery } from "~/app/queries";
import {
  CheckedConfig,
  CheckState,
  configOf,
  textOf,
  useConfigCheck,
} from "~/components/editor/CheckedConfig";
import { Empty, PageHeader, Panel } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { signOf, typedDecimal } from "~/format/decimal";
import { useCanAct } from "~/realtime/hooks";
import { PRESETS, TIMEFRAMES, type Preset } from "./presets";
import classes from "./Strategies.module.css";

interface Fields {
  name: string;
  allocated: string;
  currency: string;
  symbol: string;
  timeframe: string;
}

export function NewProfilePage() {
  const isPhone = useIsPhone();
  if (isPhone) {
    return (
      <Empty title="Profiles are made on a larger screen">
        The phone is for watching and for stopping. Open this page on a computer.
      </Empty>
    );
  }
  return <NewProfile />;
}

function NewProfile() {
  const navigate = useNavigate();
  const canAct = useCanAct();
  const { timeZone } = usePreferences();
  const { data: instruments } = useQuery(instrumentsQuery);
  const [preset, setPreset] = useState<Preset>();
  const [text, setText] = useState("");
  const check = useConfigCheck(text);
  const form = useForm<Fields>({
    initialValues: { name: "", allocated: "10000", currency: "USD", symbol: "", timeframe: "1m" },
    validate: {
      name: (name) => (name.trim() === "" ? "Give it a name that you will recognise." : null),
      allocated: (typed) => capitalFault(typed),
    },
  });
  const { symbol, timeframe } = form.values;

  const first = instruments?.items[0]?.symbol;
  useEffect(() => {
    if (first !== undefined && form.values.symbol === "") form.setFieldValue("symbol", first);
  }, [first, form]);

  const choose = (chosen: Preset) => {
    setPreset(chosen);
    setText(textOf(chosen.config(symbol, timeframe)));
    if (form.values.name === "") form.setFieldValue("name", chosen.name);
  };
  const retarget = (changes: Partial<Fields>) => {
    form.setValues(changes);
    const config = configOf(text);
    if (config === undefined) return;
    const target = { ...form.values, ...changes };
    setText(textOf({ ...config, symbols: [target.symbol], timeframe: target.timeframe }));
  };

  const create = useAction(
    (body: ProfileWrite, key) =>
      answerOf(trading.POST("/api/profiles", { body, headers: { "Idempotency-Key": key } })),
    {
      done: ({ name }) => `${name} is made. It is stopped; start it when you have looked at it.`,
      once: true,
      onDone: ({ id }) => void navigate({ to: "/profiles/$profileId", params: { profileId: id } }),
    },
  );
  const send = ({ name, allocated, currency }: Fields) => {
    const strategyConfig = configOf(text);
    const amount = typedDecimal(allocated);
    if (strategyConfig === undefined || amount === undefined) return;
    const capital = { currency, allocated: amount };
    create.run({
      name: name.trim(),
      strategyConfig,
      capital,
      venue: "paper",
      mode: "paper",
      timeZone,
    });
  };

  return (
    <form onSubmit={form.onSubmit(send)}>
      <PageHeader
        title="New profile"
        about="It trades on paper, and begins stopped."
        actions={
          <Button
            type="submit"
            loading={create.isRunning}
            disabled={!canAct || check.answer?.valid !== true}
          >
            Create the profile
          </Button>
        }
      />
      <ProblemNote error={create.error} />
      <div className={classes.create}>
        <Panel title="What and how much">
          <div className={classes.fields}>
            <TextInput label="Name" required {...form.getInputProps("name")} />
            <div className={classes.pair}>
              <TextInput
                label="Capital"
                inputMode="decimal"
                required
                {...form.getInputProps("allocated")}
              />
              <Select
                label="Currency"
                data={["USD", "EUR", "GBP", "CHF"]}
                allowDeselect={false}
                {...form.getInputProps("currency")}
              />
            </div>
            <div className={classes.pair}>
              <Select
                label="Symbol"
                searchable
                allowDeselect={false}
                data={instruments?.items.map(({ symbol: each }) => each) ?? []}
                value={symbol}
                onChange={(value) => value !== null && retarget({ symbol: value })}
              />
              <Select
                label="Bars"
                allowDeselect={false}
                data={TIMEFRAMES}
                value={timeframe}
                onChange={(value) => value !== null && retarget({ timeframe: value })}
              />
            </div>
            <fieldset className={classes.presets}>
              <legend>Begin with</legend>
              {PRESETS.map((each) => (
                <UnstyledButton
                  key={each.key}
                  className={classes.preset}
                  aria-pressed={preset?.key === each.key}
                  onClick={() => choose(each)}
                >
                  <b>{each.name}</b>
                  <span>{each.about}</span>
                </UnstyledButton>
              ))}
            </fieldset>
          </div>
        </Panel>
        <Panel title="Rules" flush actions={text === "" ? undefined : <CheckState check={check} />}>
          {text === "" ? (
            <Empty
              title="Choose an example at the left"
              action={
                <Button variant="default" size="xs" onClick={() => setText("{\n}\n")}>
                  Begin with an empty config
                </Button>
              }
            >
              Its config appears here as text. Change it as you like: every error is marked where it
              is, before anything is saved.
            </Empty>
          ) : (
            <CheckedConfig text={text} onChange={setText} check={check} />
          )}
        </Panel>
      </div>
    </form>
  );
}

function capitalFault(typed: string): string | null {
  const amount = typedDecimal(typed);
  if (amount === undefined) return "Write an amount such as 10000.";
  return signOf(amount) > 0 ? null : "Allocate more than zero.";
}
