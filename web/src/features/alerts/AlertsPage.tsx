/** Everything that Ballast wanted a person to know. */
import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { AlertRow } from "~/api/types";
import { alertsQuery } from "~/app/queries";
import { Older } from "~/components/Older";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAlerts } from "~/realtime/hooks";
import { AlertLine } from "./AlertLine";

export function AlertsPage() {
  const [shows, setShows] = useState("open");
  const query = useInfiniteQuery(alertsQuery);
  const pushed = useAlerts();
  const all = useMemo(
    () =>
      merged(
        pushed,
        query.data?.pages.flatMap(({ items }) => items),
      ),
    [pushed, query.data],
  );
  const shown =
    shows === "open" ? all.filter(({ acknowledgedAt }) => acknowledgedAt === undefined) : all;
  return (
    <>
      <PageHeader
        title="Alerts"
        about="What Ballast noticed and a person should know."
        actions={
          <SegmentedControl
            aria-label="Which alerts"
            value={shows}
            onChange={setShows}
            data={[
              { value: "open", label: "To see" },
              { value: "all", label: "All" },
            ]}
          />
        }
      />
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      <Panel flush>
        {query.isPending && shown.length === 0 ? <Rows /> : null}
        {shown.map((alert) => (
          <AlertLine key={alert.id} alert={alert} />
        ))}
        {!query.isPending && shown.length === 0 ? (
          <Empty title={shows === "open" ? "Nothing waits for you" : "No alerts yet"}>
            Stops and targets that were reached, orders that were rejected or that nobody can tell
            about, and profiles that wait for you appear here.
          </Empty>
        ) : null}
        {shows === "all" ? <Older query={query} /> : null}
      </Panel>
    </>
  );
}

/** What was pushed is newer than what was asked for. */
function merged(pushed: AlertRow[], asked: AlertRow[] = []): AlertRow[] {
  const byId = new Map([...asked, ...pushed].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => b.at.localeCompare(a.at));
}
