/** The button below a list that has more than is loaded. */
import { Button } from "@mantine/core";
import classes from "./DataTable.module.css";

export interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

export function Older({ query, label = "Show older" }: { query: Paged; label?: string }) {
  if (!query.hasNextPage) return null;
  return (
    <div className={classes.older}>
      <Button
        variant="default"
        size="xs"
        loading={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {label}
      </Button>
    </div>
  );
}
