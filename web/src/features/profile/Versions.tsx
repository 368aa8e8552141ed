/** Earlier versions of a profile, and what each changed. */
import { UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { versionsQuery } from "~/app/queries";
import { textOf } from "~/components/editor/CheckedConfig";
import { Older } from "~/components/Older";
import { Empty, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { Ago } from "~/components/Time";
import classes from "./Profile.module.css";

const ConfigDiff = lazy(() => import("~/components/editor/ConfigDiff"));

export function Versions({ profileId }: { profileId: string }) {
  const query = useInfiniteQuery(versionsQuery(profileId));
  const { data, error, isPending, refetch } = query;
  const [chosen, setChosen] = useState(0);
  if (isPending) return <Rows />;
  if (data === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  const versions = data.pages.flatMap(({ items }) => items);
  const shown = versions[chosen];
  // What the oldest of those that are loaded has changed is known with the one before it.
  const isCut = chosen === versions.length - 1 && query.hasNextPage;
  const before = versions[chosen + 1];
  if (shown === undefined) return <Empty title="No versions yet" />;
  return (
    <div className={classes.versions}>
      <div className={classes.versionList}>
        <ol>
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
        <Older query={query} label="Older versions" />
      </div>
      <Suspense fallback={<Rows rows={8} />}>
        <ConfigDiff
          key={shown.version}
          before={before === undefined ? undefined : textOf(documentOf(before))}
          after={textOf(documentOf(shown))}
          label={
            before === undefined && isCut
              ? `Version ${shown.version}; show older versions to see what it changed`
              : before === undefined
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
