/** A profile's name, capital and config as text, compared with what is saved before saving. */
import { Alert, Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "~/api/problem";
import type { Profile } from "~/api/types";
import { profileQuery, queryClient } from "~/app/queries";
import { textOf, useConfigCheck } from "~/components/editor/CheckedConfig";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useCanAct, useProfile } from "~/realtime/hooks";
import {
  capitalFault,
  nameFault,
  useRefused,
  type Refused,
  type Written,
} from "~/features/strategies/profileFaults";
import strategyClasses from "~/features/strategies/Strategies.module.css";
import { isSame, writtenOf } from "./changes";
import { RulesPanel, type RulesView } from "./RulesPanel";
import { useSaveProfile } from "./useSaveProfile";

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
  const [{ profile, etag }, setSaved] = useState(first);
  const [name, setName] = useState(first.profile.name);
  const [capital, setCapital] = useState(first.profile.capital.allocated);
  const [text, setText] = useState(() => textOf(first.profile.strategyConfig));
  const [view, setView] = useState<RulesView>("text");
  const [isDone, setDone] = useState(false);
  const [sent, setSent] = useState<Written>();
  const { currency } = profile.capital;
  const saved = writtenOf(profile);
  const written: Written = { name, allocated: capital, currency, config: text };
  const isChanged = !isSame(saved, written);
  useBlocker({
    shouldBlockFn: () =>
      isChanged && !isDone && !window.confirm("Leave without saving? Your changes are lost."),
    enableBeforeUnload: () => isChanged && !isDone,
  });
  const save = useSaveProfile(profile, () => setDone(true));
  const refused = useRefused(save.error, sent, written);
  const check = useConfigCheck(text, { refused: refused.config });
  const own = { name: nameFault(name), allocated: capitalFault(capital) };
  const isReady = check.answer?.valid === true && own.name === null && own.allocated === null;
  const compare = async () => {
    setSaved(await queryClient.query({ ...profileQuery(profile.id), staleTime: 0 }));
    setView("diff");
    save.reset();
  };

  return (
    <>
      <Head
        profile={profile}
        canSave={isChanged && isReady}
        isSaving={save.isRunning}
        onSave={() => {
          setSent(written);
          save.run({ etag, name, text, capital });
        }}
      />
      <Notes
        profile={profile}
        error={save.error}
        placed={refused.placed}
        onCompare={() => void compare()}
      />
      <div className={strategyClasses.create}>
        <Account
          written={written}
          faults={{
            name: own.name ?? refused.at.name,
            allocated: own.allocated ?? refused.at.allocated ?? refused.at.currency,
          }}
          onName={setName}
          onCapital={setCapital}
        />
        <RulesPanel
          saved={saved}
          written={written}
          check={check}
          view={view}
          onText={setText}
          onView={setView}
        />
      </div>
    </>
  );
}

function Head(props: {
  profile: Profile;
  canSave: boolean;
  isSaving: boolean;
  onSave: () => void;
}) {
  const { id, name, version } = props.profile;
  const canAct = useCanAct();
  const navigate = useNavigate();
  return (
    <PageHeader
      title={`Edit ${name}`}
      about={`Version ${version}. Saving makes a new one; what is open stays protected.`}
      actions={
        <>
          <Button
            variant="default"
            onClick={() => void navigate({ to: "/profiles/$profileId", params: { profileId: id } })}
          >
            Back
          </Button>
          <Button
            disabled={!canAct || !props.canSave}
            loading={props.isSaving}
            onClick={props.onSave}
          >
            Save
          </Button>
        </>
      }
    />
  );
}

/** That somebody has saved another version, told once; else what no field tells of. */
function Notes(props: {
  profile: Profile;
  error: Error | null;
  placed: Refused["placed"];
  onCompare: () => void;
}) {
  const { profile, error, placed, onCompare } = props;
  if (error !== null && asProblem(error).status === 412) return <Conflict onCompare={onCompare} />;
  return (
    <>
      <div className={strategyClasses.note}>
        <ProblemNote error={error} placed={placed} />
      </div>
      <NewerVersion profileId={profile.id} known={profile.version} onCompare={onCompare} />
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
      Nothing of yours was saved, and nothing of theirs was overwritten. Compare yours with the
      newer version; saving afterwards replaces its name, capital and rules.
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
