/** The limits of all profiles of this account, beside the product's, which hold as well. */
import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import type { TenantLimits } from "~/api/types";
import { limitsQuery, queryClient } from "~/app/queries";
import { PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { Ago } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { useFirstFault } from "~/components/useFirstFault";
import { limitTitle } from "~/format/limits";
import { plural } from "~/format/words";
import { useCanAct } from "~/realtime/hooks";
import classes from "./Limits.module.css";
import { LimitTable } from "./LimitTable";
import {
  changedNames,
  limitsOf,
  limitValue,
  rebased,
  typedOf,
  type LimitSet,
  type Typed,
} from "./limitSet";
import { limitFaults } from "./limitFaults";

interface Saved {
  limits: TenantLimits;
  etag: string;
}

export function LimitsPage() {
  const isPhone = useIsPhone();
  const query = useQuery({ ...limitsQuery, staleTime: 0, gcTime: 0 });
  return (
    <>
      <PageHeader
        title="Limits"
        about={
          <>
            Every order is compared with them before it is sent. All that are set hold, so that the
            strictest does; a profile may have its own besides.
            {isPhone ? " They are changed on the desktop." : null}
          </>
        }
      />
      {query.data === undefined || !query.isFetchedAfterMount ? (
        query.error === null ? (
          <Rows rows={12} />
        ) : (
          <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
        )
      ) : isPhone ? (
        <ReadOnly limits={query.data.limits} />
      ) : (
        <Editing first={query.data} />
      )}
    </>
  );
}

const productScope = (limits: LimitSet) => ({ label: "Product", limits, isWide: true });

function ReadOnly({ limits }: { limits: TenantLimits }) {
  const own = { label: "Your profiles", limits: limits.limits, isWide: true };
  return (
    <Panel flush title="In force" actions={<Changed limits={limits} />}>
      <LimitTable label="Limits in force" scopes={[productScope(limits.productLimits), own]} />
    </Panel>
  );
}

function Changed({ limits: { version, changedBy, changedAt } }: { limits: TenantLimits }) {
  return (
    <span className={`muted ${classes.changed}`}>
      {changedBy === undefined || changedAt === undefined ? (
        "You have set none yet"
      ) : (
        <>
          Version {version}, by {changedBy} <Ago at={changedAt} />
        </>
      )}
    </span>
  );
}

/** What somebody else has saved since the page was loaded. */
interface Meanwhile {
  before: TenantLimits;
  now: TenantLimits;
}

function Editing({ first }: { first: Saved }) {
  const form = useLimitsForm(first);
  const { saved, base, typed, savedTyped, changed, read, save, refused } = form;
  const isConflict = save.error !== null && asProblem(save.error).status === 412;
  const fields = useFirstFault(save.error);
  return (
    <div ref={fields}>
      <div className={classes.notes}>
        {isConflict && form.meanwhile !== undefined ? (
          <Conflict {...form.meanwhile} kept={changed} />
        ) : (
          <ProblemNote error={isConflict ? null : save.error} placed={refused.placed} />
        )}
      </div>
      <Panel flush title="In force" actions={<Changed limits={saved.limits} />}>
        <LimitTable
          label="Limits in force"
          scopes={[productScope(saved.limits.productLimits)]}
          own={{
            label: "Your profiles",
            isWide: true,
            saved: base,
            typed,
            savedTyped,
            faults: { ...refused.at, ...read.faults },
            onChange: form.change,
          }}
        />
      </Panel>
      {changed.length === 0 ? null : (
        <SaveBar
          base={base}
          limits={read.limits}
          changed={changed}
          isWrong={Object.keys(read.faults).length > 0}
          isSaving={save.isRunning}
          onUndo={form.undo}
          onSave={form.send}
        />
      )}
    </div>
  );
}

/** What is written of the limits, on top of the version that it was begun from. */
function useLimitsForm(first: Saved) {
  const [saved, setSaved] = useState(first);
  const [typed, setTyped] = useState(() => typedOf(first.limits.limits));
  const [sent, setSent] = useState<Typed>();
  const [meanwhile, setMeanwhile] = useState<Meanwhile>();
  const base = saved.limits.limits;
  const savedTyped = typedOf(base);
  const changed = changedNames(savedTyped, typed);
  const read = limitsOf(typed, base);
  useBlocker({
    shouldBlockFn: () =>
      changed.length > 0 && !window.confirm("Leave without saving? Your changes are lost."),
    enableBeforeUnload: () => changed.length > 0,
  });
  const save = useSaveLimits({
    onConflict: async () => {
      const now = await queryClient.query({ ...limitsQuery, staleTime: 0 });
      setMeanwhile({ before: saved.limits, now: now.limits });
      setSaved(now);
      setTyped(rebased(typed, savedTyped, typedOf(now.limits.limits)));
    },
    onDone: (now) => {
      setMeanwhile(undefined);
      setSaved(now);
      setTyped(typedOf(now.limits.limits));
    },
  });
  return {
    saved,
    base,
    typed,
    savedTyped,
    changed,
    read,
    save,
    meanwhile,
    refused: limitFaults(save.error, typed, sent),
    change: (path: string, text: string) => setTyped({ ...typed, [path]: text }),
    undo: () => {
      save.reset();
      setTyped(savedTyped);
    },
    send: () => {
      setSent(typed);
      save.run({ etag: saved.etag, limits: read.limits });
    },
  };
}

function useSaveLimits(options: {
  onConflict: () => Promise<void>;
  onDone: (saved: Saved) => void;
}) {
  return useAction(
    async (asked: { etag: string; limits: LimitSet }, key) => {
      const answered = await trading.PUT("/api/limits", {
        params: { header: { "If-Match": asked.etag } },
        headers: { "Idempotency-Key": key },
        body: { limits: asked.limits },
      });
      try {
        const limits = await answerOf(Promise.resolve(answered));
        return { limits, etag: answered.response.headers.get("etag") ?? `"${limits.version}"` };
      } catch (error) {
        if (asProblem(error).status === 412) await options.onConflict();
        throw error;
      }
    },
    {
      done: "The limits are saved, and hold from now on.",
      refreshes: [["limits"]],
      onDone: options.onDone,
    },
  );
}

/** Every change before it is saved, and what saves it. */
function SaveBar(props: {
  base: LimitSet;
  limits: LimitSet;
  changed: string[];
  isWrong: boolean;
  isSaving: boolean;
  onUndo: () => void;
  onSave: () => void;
}) {
  const { base, limits, changed } = props;
  const canAct = useCanAct();
  return (
    <section className={classes.bar} aria-label="Changes that are not saved">
      <div>
        <b>{plural(changed.length, "change")}, not saved:</b>{" "}
        {changed.map((name) => changeWords(name, base, limits)).join("; ")}.
      </div>
      <div className={classes.barButtons}>
        <Button variant="default" onClick={props.onUndo}>
          Undo
        </Button>
        <Button disabled={!canAct || props.isWrong} loading={props.isSaving} onClick={props.onSave}>
          Save
        </Button>
      </div>
    </section>
  );
}

function changeWords(name: string, before: LimitSet, after: LimitSet): string {
  const [was, is] = [before, after].map((limits) => limitValue(name, limits) ?? "off");
  return `${limitTitle(name)} from ${was ?? ""} to ${is ?? ""}`;
}

/** Nothing is lost: theirs is beside what is written here, and saving replaces only that. */
function Conflict({ before, now, kept }: Meanwhile & { kept: string[] }) {
  const theirs = changedNames(typedOf(before.limits), typedOf(now.limits));
  const both = theirs.filter((name) => kept.includes(name)).map(limitTitle);
  return (
    <Alert color="yellow" role="alert" title="Somebody has changed the limits meanwhile">
      {now.changedBy ?? "Somebody"} has saved version {now.version}:
      <ul className={classes.changes}>
        {theirs.map((name) => (
          <li key={name}>{changeWords(name, before.limits, now.limits)}</li>
        ))}
      </ul>
      Nothing of yours was saved, and nothing that you wrote is lost: it stands below, beside
      theirs.
      {both.length === 0
        ? ""
        : ` You both changed ${both.join(" and ")}; yours would replace theirs.`}{" "}
      Save again to keep yours.
    </Alert>
  );
}
