/** Everything that Ballast wanted a person to know. */
import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { AlertRow } from "~/api/types";
import { alertsQuery } from "~/app/queries";
import { Older } from "~/components/Older";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { useAlerts } from "~/realtime/hooks";
import { AcknowledgeAll, Remained, useAcknowledging } from "./AcknowledgeAll";
import { AlertLine } from "./AlertLine";
import classes from "./Alerts.module.css";

export function AlertsPage() {
  const [shows, setShows] = useState("open");
  const isPhone = useIsPhone();
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
  const open = all.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const shown = shows === "open" ? open : all;
  const acknowledging = useAcknowledging();
  return (
    <>
      <PageHeader
        title="Alerts"
        about="What Ballast noticed and a person should know."
        actions={
          <>
            <AcknowledgeAll open={open} acknowledging={acknowledging} />
            <SegmentedControl
              aria-label="Which alerts"
              className={classes.which}
              size={isPhone ? "md" : "sm"}
              value={shows}
              onChange={setShows}
              data={[
                { value: "open", label: "To see" },
                { value: "all", label: "All" },
              ]}
            />
          </>
        }
      />
      <div className={classes.notes}>
        <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
        <Remained acknowledging={acknowledging} />
      </div>
      <Panel flush>
        {query.isPending && shown.length === 0 ? <Rows /> : null}
        {shown.map((alert) => (
          <AlertLine key={alert.id} alert={alert} />
        ))}
        {!query.isPending && shown.length === 0 ? (
          <Empty title={shows === "open" ? "Nothing waits for you" : "No alerts yet"}>
            Stops and targets that were reached, entries that were refused, orders that were
            rejected or that nobody can tell about, locks of entries, pauses of trading and profiles
            that wait for you appear here.
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
