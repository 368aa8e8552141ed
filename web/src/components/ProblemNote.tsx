/** Why something did not work and what to do; the code and the request in the detail. */
import { Alert, Button } from "@mantine/core";
import { asProblem } from "~/api/problem";
import { remedyOf } from "~/format/words";
import { RefusalWords, sentence } from "./RefusalWords";
import classes from "./ProblemNote.module.css";

interface ProblemNoteProps {
  error: unknown;
  onRetry?: () => void;
  title?: string;
  /** The fields that are told of at their own place. */
  placed?: string[];
}

export function ProblemNote(props: ProblemNoteProps) {
  if (props.error === null || props.error === undefined) return null;
  const problem = asProblem(props.error);
  const fields = problem.fields.filter(({ field }) => props.placed?.includes(field) !== true);
  if (fields.length === 0 && problem.fields.length > 0) return null;
  const remedy = remedyOf(problem.code);
  return (
    <Alert color="red" className={classes.note} role="alert">
      <p className={classes.sentence}>
        {props.title === undefined ? null : <strong>{props.title} </strong>}
        {problem.refusal === undefined ? (
          sentence(problem.message)
        ) : (
          <RefusalWords refusal={problem.refusal} />
        )}
        {remedy === undefined ? null : ` ${remedy}`}
      </p>
      {fields.length === 0 ? null : (
        <ul className={classes.fields}>
          {fields.map(({ field, message }) => (
            <li key={field + message}>
              <b>{field}</b>: {message}
            </li>
          ))}
        </ul>
      )}
      <details className={classes.detail}>
        <summary>Detail</summary>
        code <code>{problem.code}</code>
        {problem.status > 0 ? `, status ${problem.status}` : ""}
        {problem.requestId === undefined ? null : (
          <>
            , request <code>{problem.requestId}</code>
          </>
        )}
      </details>
      {props.onRetry === undefined || problem.isNotFound ? null : (
        <Button size="xs" variant="default" onClick={props.onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
