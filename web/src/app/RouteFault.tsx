/** An address that leads nowhere, and a view that broke. */
import { Button } from "@mantine/core";
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Empty } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";

export function NotFound() {
  return (
    <Empty title="There is nothing here" action={<Link to="/">Go home</Link>}>
      The address may be mistyped, or what it named was removed.
    </Empty>
  );
}

export function RouteFault({ error, reset }: ErrorComponentProps) {
  const message = error instanceof Error ? error.message : "";
  // After an update the old page asks for files that are gone; loading it anew mends that.
  const isOldPage = /dynamically imported module|Failed to fetch/i.test(message);
  return (
    <Empty
      title={isOldPage ? "A newer version is there" : "This view has failed"}
      action={
        isOldPage ? (
          <Button onClick={() => window.location.reload()}>Load it</Button>
        ) : (
          <Button variant="default" onClick={reset}>
            Show it again
          </Button>
        )
      }
    >
      {isOldPage ? (
        "The server was updated while this page was open."
      ) : (
        <ProblemNote error={error} />
      )}
    </Empty>
  );
}
