/** Earlier versions of a profile, and what each changed. */
import { UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { versionsQuery } from "~/app/queries";
import { textOf } from "~/components/editor/CheckedConfig";
import { Empty, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { Ago } from "~/components/Time";
import classes from "./Profile.module.css";

const ConfigDiff = lazy(() => import("~/components/editor/ConfigDiff"));

export function Versions({ profileId }: { profileId: string }) {
  const { data, error, isPending, refetch } = useQuery(versionsQuery(profileId));
  const [chosen, setChosen] = useState(0);
  if (isPending) return <Rows />;
  if (data === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  const versions = [...data.items].sort((a, b) => b.version - a.version);
  const shown = versions[chosen];
  const before = versions[chosen + 1];
  if (shown === undefined) return <Empty title="No versions yet" />;
  return (
    <div className={classes.versions}>
      <ol className={classes.versionList}>
        {versions.map(({ version, at, by }, index) => (
          <li key={version}>
            <UnstyledButton
              className={classes.version}
              aria-pressed={index === chosen}
              onClick={() => setChosen(index)}
            >
              <b>Version {version}</b>{" "}
              <span className="muted">
                <Ago at={at} />
              </span>
              <div className="muted">by {by}</div>
            </UnstyledButton>
          </li>
        ))}
      </ol>
      <Suspense fallback={<Rows rows={8} />}>
        <ConfigDiff
          key={shown.version}
          before={before === undefined ? undefined : textOf(documentOf(before))}
          after={textOf(documentOf(shown))}
          label={
            before === undefined
              ? `Version ${shown.version}`
              : `What version ${shown.version} changed`
          }
        />
      </Suspense>
    </div>
  );
}

function documentOf(version: { document: unknown }): object {
  return version.document as object;
}
