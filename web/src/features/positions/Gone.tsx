/** Said in a dialog about a position that somebody or something has closed meanwhile. */
import { Alert } from "@mantine/core";

export function Gone({ symbol, what }: { symbol: string; what: string }) {
  return (
    <Alert color="yellow" mt="sm" role="alert">
      The position in {symbol} is closed. {what}
    </Alert>
  );
}
