/** Every stop in force: of operators, and of users whose account is disabled. */
import { useQuery } from "@tanstack/react-query";
import type { ControlStop } from "~/api/types";
import { controlsQuery } from "~/app/queries";
import { useEmails } from "~/app/useEmails";
import { Badge } from "~/components/Badge";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Empty, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { At } from "~/components/Time";
import { spoken } from "~/format/words";
import classes from "./Operator.module.css";

/** Control's version counts every change, so that the list is asked for again with each. */
export function StopsPanel({ version }: { version: number }) {
  const { data, error } = useQuery(controlsQuery(version));
  const emailOf = useEmails();
  return (
    <Panel title="Stops in force" flush className={classes.full}>
      <ProblemNote error={error} />
      {data === undefined ? (
        <Rows />
      ) : (
        <DataTable
          label="Stops in force"
          columns={columnsOf(emailOf)}
          rows={data.items}
          rowKey={({ scope, at }) => `${scope.type} ${scope.id ?? ""} ${at}`}
          empty={<Empty title="Nothing is stopped">Every running profile may enter.</Empty>}
          card={({ scope, mode, by, at, reason }) => (
            <>
              <CardLines
                title={<Scope scope={scope} emailOf={emailOf} />}
                value={<Badge tone="warning">{mode}</Badge>}
                detail={`by ${emailOf(by)}`}
                valueDetail={<At at={at} />}
              />
              <p className={classes.why}>{reason}</p>
            </>
          )}
        />
      )}
    </Panel>
  );
}

type EmailOf = (id: string) => string;

function Scope({ scope, emailOf }: { scope: ControlStop["scope"]; emailOf: EmailOf }) {
  if (scope.id === undefined) return <>Everything</>;
  const email = emailOf(scope.id);
  return (
    <>
      {spoken(scope.type)} {email === scope.id ? <code>{email}</code> : email}
    </>
  );
}

function columnsOf(emailOf: EmailOf): Column<ControlStop>[] {
  return [
    {
      key: "scope",
      header: "Stopped",
      cell: ({ scope }) => <Scope scope={scope} emailOf={emailOf} />,
    },
    { key: "mode", header: "Mode", cell: ({ mode }) => <Badge tone="warning">{mode}</Badge> },
    { key: "by", header: "By", cell: ({ by }) => emailOf(by) },
    { key: "at", header: "Since", cell: ({ at }) => <At at={at} /> },
    { key: "reason", header: "Why", wide: true, wraps: true, cell: ({ reason }) => reason },
  ];
}
