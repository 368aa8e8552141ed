/** A new profile: a name, capital, an example to begin with, and its rules as text. */
import { Button, Select, TextInput, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
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
  type ConfigCheck,
} from "~/components/editor/CheckedConfig";
import { symbolsOf } from "~/components/editor/symbolsOf";
import { useConfigText, type ConfigText } from "~/components/editor/useConfigText";
import { Empty, PageHeader, Panel } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { typedDecimal } from "~/format/decimal";
import { useCanAct, useSymbols } from "~/realtime/hooks";
import { FIRST_TIMEFRAME, PRESETS, TIMEFRAMES, type Preset } from "./presets";
import {
  capitalFault,
  currencyFault,
  nameFault,
  useRefused,
  type Refused,
  type Written,
} from "./profileFaults";
import { retargeted } from "./retarget";
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

const FIRST: Fields = {
  name: "",
  allocated: "10000",
  currency: "USD",
  symbol: "",
  timeframe: FIRST_TIMEFRAME,
};

/** For as long as it is not known what the market's prices are in. */
const CURRENCIES = ["USD", "EUR", "GBP", "CHF"];

function useFields() {
  const { data: instruments } = useQuery(instrumentsQuery);
  // Known at once, so that no example is filled in before there is a symbol for it.
  const known = useSymbols();
  const form = useForm<Fields>({
    initialValues: { ...FIRST, symbol: known[0] ?? "" },
    validate: {
      name: nameFault,
      allocated: capitalFault,
    },
  });
  const quotes = new Map(instruments?.items.map(({ symbol, quote }) => [symbol, quote]));
  const symbols = quotes.size === 0 ? known : [...quotes.keys()];
  const first = symbols[0];
  useEffect(() => {
    if (first !== undefined && form.values.symbol === "") form.setFieldValue("symbol", first);
  }, [first, form]);
  return { form, symbols, quotes };
}

type Form = ReturnType<typeof useFields>["form"];

function NewProfile() {
  const canAct = useCanAct();
  const { timeZone } = usePreferences();
  const { form, symbols, quotes } = useFields();
  const [preset, setPreset] = useState<Preset>();
  const [isDone, setDone] = useState(false);
  const [sent, setSent] = useState<Written>();
  const rules = useConfigText();
  const config = configOf(rules.text);
  const isChanged = rules.isOwn || isTyped(form.values, preset);
  useBlocker({
    shouldBlockFn: () =>
      isChanged && !isDone && !window.confirm("Leave without creating it? What you wrote is lost."),
    enableBeforeUnload: () => isChanged && !isDone,
  });
  const create = useCreate(() => setDone(true));
  const written: Written = { ...writtenIn(form.values), config: rules.text };
  const refused = useRefused(create.error, sent, written);
  const check = useConfigCheck(rules.text, { refused: refused.config });
  const wrongCurrency = currencyFault(written.currency, symbolsOf(config), quotes);
  const send = ({ name, allocated, currency }: Fields) => {
    const amount = typedDecimal(allocated);
    if (config === undefined || amount === undefined) return;
    const capital = { currency, allocated: amount };
    const paper = { venue: "paper", mode: "paper" } as const;
    setSent(written);
    create.run({ name: name.trim(), strategyConfig: config, capital, ...paper, timeZone });
  };
  const isReady = canAct && check.answer?.valid === true && wrongCurrency === undefined;
  return (
    <form onSubmit={form.onSubmit(send)}>
      <PageHeader
        title="New profile"
        about="It trades on paper, and begins stopped."
        actions={
          <Button type="submit" loading={create.isRunning} disabled={!isReady}>
            Create the profile
          </Button>
        }
      />
      <div className={classes.note}>
        <ProblemNote error={create.error} placed={refused.placed} />
      </div>
      {rules.question}
      <div className={classes.create}>
        <Panel title="What and how much">
          <div className={classes.fields}>
            <Account
              form={form}
              currencies={quotes.size === 0 ? CURRENCIES : [...new Set(quotes.values())]}
              faults={{ ...refused.at, currency: wrongCurrency ?? refused.at.currency }}
            />
            <Market form={form} symbols={symbols} rules={rules} />
            <Presets form={form} rules={rules} chosen={preset} onChoose={setPreset} />
          </div>
        </Panel>
        <Rules rules={rules} check={check} />
      </div>
    </form>
  );
}

function useCreate(onDone: () => void) {
  const navigate = useNavigate();
  return useAction(
    (body: ProfileWrite, key) =>
      answerOf(trading.POST("/api/profiles", { body, headers: { "Idempotency-Key": key } })),
    {
      done: ({ name }) => `${name} is made. It is stopped; start it when you have looked at it.`,
      once: true,
      onDone: ({ id }) => {
        onDone();
        // After the state that lets the page be left has been taken up.
        setTimeout(() => void navigate({ to: "/profiles/$profileId", params: { profileId: id } }));
      },
    },
  );
}

/** Whether a person has typed something besides what an example fills in. */
function isTyped({ name, allocated }: Fields, preset: Preset | undefined): boolean {
  return (name !== "" && name !== preset?.name) || allocated !== FIRST.allocated;
}

function writtenIn({ name, allocated, currency }: Fields): Omit<Written, "config"> {
  return { name: name.trim(), allocated, currency };
}

function Account(props: { form: Form; currencies: string[]; faults: Refused["at"] }) {
  const { form, currencies, faults } = props;
  return (
    <>
      <TextInput
        label="Name"
        required
        {...form.getInputProps("name")}
        error={form.errors.name ?? faults.name}
      />
      <div className={classes.pair}>
        <TextInput
          label="Capital"
          inputMode="decimal"
          required
          {...form.getInputProps("allocated")}
          error={form.errors.allocated ?? faults.allocated}
        />
        <Select
          label="Currency"
          data={currencies}
          allowDeselect={false}
          {...form.getInputProps("currency")}
          error={faults.currency}
        />
      </div>
    </>
  );
}

function Market(props: { form: Form; symbols: string[]; rules: ConfigText }) {
  const { form, symbols, rules } = props;
  const { symbol, timeframe } = form.values;
  const config = configOf(rules.text);
  const named = symbolsOf(config);
  const retarget = (changes: Partial<Fields>) => {
    form.setValues(changes);
    if (config === undefined) return;
    const text = textOf(retargeted(config, form.values, { ...form.values, ...changes }));
    // What a person wrote stays theirs, so that no example takes its place unasked.
    if (rules.isOwn) rules.setText(text);
    else rules.fill(text);
  };
  return (
    <>
      <div className={classes.pair}>
        <Select
          label="Symbol"
          searchable
          allowDeselect={false}
          data={symbols}
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
      {named.length === 0 || (named.length === 1 && named[0] === symbol) ? null : (
        <p className={classes.hint}>
          The rules trade {named.join(", ")}. Their list of symbols is changed in the text.
        </p>
      )}
    </>
  );
}

function Presets(props: {
  form: Form;
  rules: ConfigText;
  chosen: Preset | undefined;
  onChoose: (preset: Preset) => void;
}) {
  const { form, rules, chosen, onChoose } = props;
  const { name, symbol, timeframe } = form.values;
  const choose = (preset: Preset) =>
    rules.offer(textOf(preset.config(symbol, timeframe)), () => {
      if (name === "" || name === chosen?.name) form.setFieldValue("name", preset.name);
      onChoose(preset);
    });
  return (
    <fieldset className={classes.presets}>
      <legend>Begin with</legend>
      {PRESETS.map((each) => (
        <UnstyledButton
          key={each.key}
          className={classes.preset}
          aria-pressed={chosen?.key === each.key}
          onClick={() => choose(each)}
        >
          <b>{each.name}</b>
          <span>{each.about}</span>
        </UnstyledButton>
      ))}
    </fieldset>
  );
}

function Rules({ rules, check }: { rules: ConfigText; check: ConfigCheck }) {
  return (
    <Panel title="Rules" flush actions={rules.isOpen ? <CheckState check={check} /> : undefined}>
      {rules.isOpen ? (
        <CheckedConfig text={rules.text} onChange={rules.setText} check={check} />
      ) : (
        <Empty
          title="Choose an example at the left"
          action={
            <Button variant="default" size="xs" onClick={() => rules.fill("{\n}\n")}>
              Begin with an empty config
            </Button>
          }
        >
          Its config appears here as text. Change it as you like: every error is marked where it is,
          before anything is saved.
        </Empty>
      )}
    </Panel>
  );
}
