/** A profile's name, capital, limits and config, compared with what is saved before saving. */
import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { asProblem } from "~/api/problem";
import type { Profile } from "~/api/types";
import { profileQuery } from "~/app/queries";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useFirstFault } from "~/components/useFirstFault";
import { LimitTable } from "~/features/limits/LimitTable";
import strategyClasses from "~/features/strategies/Strategies.module.css";
import { zonesWith } from "~/format/time";
import { useCanAct, useProfile } from "~/realtime/hooks";
import type { Edited } from "./changes";
import classes from "./Profile.module.css";
import { RulesPanel } from "./RulesPanel";
import { useEditing, type Saved } from "./useEditing";

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
  // What another view has kept may be an older version, and is nothing to begin from.
  if (query.data === undefined || !query.isFetchedAfterMount) {
    return query.error === null ? (
      <Rows rows={8} />
    ) : (
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  return <Editing key={profileId} first={query.data} />;
}

function Editing({ first }: { first: Saved }) {
  const form = useEditing(first);
  const { profile, written, saved, faults } = form;
  const fields = useFirstFault(form.save.error);
  return (
    <div ref={fields}>
      <Head
        profile={profile}
        canSave={form.canSave}
        isSaving={form.save.isRunning}
        onSave={form.send}
      />
      <Notes
        profile={profile}
        error={form.save.error}
        placed={form.placed}
        onCompare={() => void form.compare()}
      />
      <div className={strategyClasses.create}>
        <Account written={written} faults={faults} onChange={form.change} />
        <RulesPanel
          saved={saved}
          written={written}
          check={form.check}
          view={form.view}
          onText={(config) => form.change({ config })}
          onView={form.setView}
        />
      </div>
      <Panel flush title="Limits" className={classes.tabs}>
        <LimitTable
          label="Limits of this profile"
          scopes={form.scopes}
          own={{
            label: "This profile",
            isWide: false,
            saved: profile.limits,
            typed: written.limits,
            savedTyped: saved.limits,
            faults: faults.limits,
            onChange: (path, text) => form.change({ limits: { ...written.limits, [path]: text } }),
          }}
          currency={written.currency}
        />
      </Panel>
    </div>
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
  placed: string[];
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
  written: Edited;
  faults: { name?: string; allocated?: string };
  onChange: (changes: Partial<Edited>) => void;
}) {
  const { written, faults, onChange } = props;
  return (
    <Panel title="Account">
      <div className={strategyClasses.fields}>
        <TextInput
          label="Name"
          value={written.name}
          error={faults.name}
          onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
        <TextInput
          label={`Capital, ${written.currency}`}
          inputMode="decimal"
          value={written.allocated}
          error={faults.allocated}
          onChange={({ currentTarget }) => onChange({ allocated: currentTarget.value })}
        />
        <Select
          label="Time zone of its days"
          description="What its limits of a day count from midnight of."
          searchable
          allowDeselect={false}
          data={zonesWith(written.timeZone)}
          value={written.timeZone}
          onChange={(timeZone) => timeZone !== null && onChange({ timeZone })}
        />
      </div>
    </Panel>
  );
}

function Conflict({ onCompare }: { onCompare: () => void }) {
  return (
    <Alert color="yellow" mb="md" role="alert" title="Somebody saved another version meanwhile">
      Nothing of yours was saved, and nothing of theirs was overwritten. Compare yours with the
      newer version; saving afterwards replaces its name, capital and rules, and of its limits those
      that you have changed.
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
