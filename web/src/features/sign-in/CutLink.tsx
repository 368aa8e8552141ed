/** Says that a link has lost a part on its way, before a form behind it is filled in. */
import { Alert } from "@mantine/core";
import { isCut } from "./linkToken";

export function CutLink({ token }: { token: string }) {
  if (!isCut(token)) return null;
  return (
    <Alert color="yellow" mt="sm">
      The token in the address is shorter than a real one, so this will be refused. Open the link as
      a whole.
    </Alert>
  );
}
