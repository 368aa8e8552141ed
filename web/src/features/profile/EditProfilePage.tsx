/** A profile's name, capital and config as text, compared with what is saved before saving. */
import { Alert, Button, SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import type { Profile } from "~/api/types";
import { profileQuery, queryClient } from "~/app/queries";
import {
  CheckedConfig,
  CheckState,
  configOf,
  textOf,
  useConfigCheck,
} from "~/components/editor/CheckedConfig";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { typedDecimal } from "~/format/decimal";
import { useCanAct, useProfile } from "~/realtime/hooks";
import {
  capitalFault,
  nameFault,
  useRefused,
  type Written,
} from "~/features/strategies/profileFaults";
import strategyClasses from "~/features/strategies/Strategies.module.css";

const ConfigDiff = lazy(() => import("~/components/editor/ConfigDiff"));

interface Saved {
  profile: Profile;
  etag: string;
}

export function EditProfilePage() {
  const { profileId } = useParams({ from: "/profiles/$profileId/edit" });
  const isPhone = useIsPhone();
  const query = useQuery({ ...profileQuery(profileId), staleTime: 0, gcTime: 0 });
  if (isPhone) {
    return (
      <Empty title="Configs are edited on a larger screen">
        On the phone, a profile can be stopped, started and flattened.
      </Empty>
    );
  }
  if (query.data === undefined) {
    return query.error === null ? (
      <Rows rows={8} />
    ) : (
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  return <Editing key={profileId} first={query.data} />;
}

function Editing({ first }: { first: Saved }) {
  const [saved, setSaved] = useState(first);
  const [name, setName] = useState(first.profile.name);
  const [capital, setCapital] = useState(first.profile.capital.allocated);
  const [text, setText] = useState(() => textOf(first.profile.strategyConfig));
  const [shows, setShows] = useState("text");
  const [isDone, setDone] = useState(false);
  const [sent, setSent] = useState<Written>();
  const canAct = useCanAct();
  const navigate = useNavigate();
  const { profile, etag } = saved;
  const savedText = textOf(profile.strategyConfig);
  const isChanged =
    text !== savedText || name !== profile.name || capital !== profile.capital.allocated;
  useBlocker({
    shouldBlockFn: () =>
      isChanged && !isDone && !window.confirm("Leave without saving? Your changes are lost."),
    enableBeforeUnload: () => isChanged && !isDone,
  });

  const save = useAction(
    (asked: { etag: string; name: string; text: string; capital: string }, key) => {
      const strategyConfig = configOf(asked.text);
      const allocated = typedDecimal(asked.capital);
      if (strategyConfig === undefined || allocated === undefined) {
        throw new Error("The config is not JSON, or the capital is not a number.");
      }
      const { venue, mode, limits, id } = profile;
      return answerOf(
        trading.PUT("/api/profiles/{id}", {
          params: { path: { id }, header: { "If-Match": asked.etag } },
          headers: { "Idempotency-Key": key },
          body: {
            name: asked.name,
            strategyConfig,
            capital: { ...profile.capital, allocated },
            venue,
            mode,
            limits,
          },
        }),
      );
    },
    {
      done: ({ version }) => `Saved as version ${version}.`,
      refreshes: [["profile", profile.id]],
      onDone: ({ id }) => {
        setDone(true);
        // After the state that lets the page be left has been taken up.
        setTimeout(() => void navigate({ to: "/profiles/$profileId", params: { profileId: id } }));
      },
    },
  );
  const written: Written = {
    name,
    allocated: capital,
    currency: profile.capital.currency,
    config: text,
  };
  const refused = useRefused(save.error, sent, written);
  const check = useConfigCheck(text, { refused: refused.config });
  const ownFaults = { name: nameFault(name), allocated: capitalFault(capital) };
  const isReady =
    check.answer?.valid === true && ownFaults.name === null && ownFaults.allocated === null;
  const isConflict = save.error !== null && asProblem(save.error).status === 412;
  const compare = async () => {
    const newer = await queryClient.query({ ...profileQuery(profile.id), staleTime: 0 });
    setSaved(newer);
    setShows("diff");
    save.reset();
  };

  return (
    <>
      <PageHeader
        title={`Edit ${profile.name}`}
        about={`Version ${profile.version}. Saving makes a new one; what is open stays protected.`}
        actions={
          <>
            <Button
              variant="default"
              onClick={() =>
                void navigate({
                  to: "/profiles/$profileId",
                  params: { profileId: profile.id },
                })
              }
            >
              Back
            </Button>
            <Button
              disabled={!canAct || !isChanged || !isReady}
              loading={save.isRunning}
              onClick={() => {
                setSent(written);
                save.run({ etag, name, text, capital });
              }}
            >
              Save
            </Button>
          </>
        }
      />
      {isConflict ? (
        <Conflict onCompare={() => void compare()} />
      ) : (
        <div className={strategyClasses.note}>
          <ProblemNote error={save.error} placed={refused.placed} />
        </div>
      )}
      <NewerVersion
        profileId={profile.id}
        known={profile.version}
        onCompare={() => void compare()}
      />
      <div className={strategyClasses.create}>
        <Account
          written={written}
          faults={{
            name: ownFaults.name ?? refused.at.name,
            allocated: ownFaults.allocated ?? refused.at.allocated ?? refused.at.currency,
          }}
          onName={setName}
          onCapital={setCapital}
        />
        <Panel
          flush
          title="Rules"
          actions={
            <>
              <CheckState check={check} />
              <SegmentedControl
                size="xs"
                aria-label="What is shown"
                value={shows}
                onChange={setShows}
                data={[
                  { value: "text", label: "Config" },
                  { value: "diff", label: "Changes" },
                ]}
              />
            </>
          }
        >
          {shows === "text" ? (
            <CheckedConfig text={text} onChange={setText} check={check} />
          ) : text === savedText ? (
            <Empty title="Nothing is changed">The text is what is saved.</Empty>
          ) : (
            <Suspense fallback={<Rows rows={8} />}>
              <ConfigDiff before={savedText} after={text} label="Your changes to what is saved" />
            </Suspense>
          )}
        </Panel>
      </div>
    </>
  );
}

function Account(props: {
  written: Written;
  faults: { name?: string; allocated?: string };
  onName: (name: string) => void;
  onCapital: (capital: string) => void;
}) {
  const { written, faults, onName, onCapital } = props;
  return (
    <Panel title="Account">
      <div className={strategyClasses.fields}>
        <TextInput
          label="Name"
          value={written.name}
          error={faults.name}
          onChange={({ currentTarget }) => onName(currentTarget.value)}
        />
        <TextInput
          label={`Capital, ${written.currency}`}
          inputMode="decimal"
          value={written.allocated}
          error={faults.allocated}
          onChange={({ currentTarget }) => onCapital(currentTarget.value)}
        />
      </div>
    </Panel>
  );
}

function Conflict({ onCompare }: { onCompare: () => void }) {
  return (
    <Alert color="yellow" mb="md" role="alert" title="Somebody saved another version meanwhile">
      Nothing of yours was saved, and nothing of theirs was overwritten. Compare your text with the
      newer version; saving afterwards replaces it.
      <div>
        <Button size="xs" mt="xs" variant="default" onClick={onCompare}>
          Compare with the newer version
        </Button>
      </div>
    </Alert>
  );
}

/** Tells of a newer version as soon as it exists, before anybody tries to save. */
function NewerVersion(props: { profileId: string; known: number; onCompare: () => void }) {
  const current = useProfile(props.profileId);
  if (current === undefined || current.version <= props.known) return null;
  return (
    <Alert color="yellow" mb="md" role="status">
      Version {current.version} was saved by {current.changedBy} while you were editing.{" "}
      <Button size="compact-xs" variant="default" onClick={props.onCompare}>
        Compare
      </Button>
    </Alert>
  );
}
