/** Every stop in force: of operators, and of users whose account is disabled. */
import { useQuery } from "@tanstack/react-query";
import type { ControlStop } from "~/api/types";
import { controlsQuery } from "~/app/queries";
import { Badge } from "~/components/Badge";
import { DataTable, type Column } from "~/components/DataTable";
import { Empty, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { At } from "~/components/Time";
import { spoken } from "~/format/words";
import classes from "./Operator.module.css";

/** Control's version counts every change, so that the list is asked for again with each. */
export function StopsPanel({ version }: { version: number }) {
  const { data, error } = useQuery(controlsQuery(version));
  return (
    <Panel title="Stops in force" flush className={classes.full}>
      <ProblemNote error={error} />
      {data === undefined ? (
        <Rows />
      ) : (
        <DataTable
          label="Stops in force"
          columns={COLUMNS}
          rows={data.items}
          rowKey={({ scope, at }) => `${scope.type} ${scope.id ?? ""} ${at}`}
          empty={<Empty title="Nothing is stopped">Every running profile may enter.</Empty>}
        />
      )}
    </Panel>
  );
}

const COLUMNS: Column<ControlStop>[] = [
  {
    key: "scope",
    header: "Stopped",
    cell: ({ scope }) =>
      scope.id === undefined ? (
        "Everything"
      ) : (
        <>
          {spoken(scope.type)} <code>{scope.id}</code>
        </>
      ),
  },
  { key: "mode", header: "Mode", cell: ({ mode }) => <Badge tone="warning">{mode}</Badge> },
  { key: "by", header: "By", cell: ({ by }) => by },
  { key: "at", header: "Since", cell: ({ at }) => <At at={at} /> },
  { key: "reason", header: "Why", wide: true, cell: ({ reason }) => reason },
];
