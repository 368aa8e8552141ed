/** Where a message is: a server for trying keeps it, and has a page for it. */
import { useQuery } from "@tanstack/react-query";
import { platformUrl } from "~/api/addresses";

const MAILBOX = "/platform/dev/mailbox";

/** Undefined while it is not known. */
export function useHasMailbox(): boolean | undefined {
  const { data, isPending } = useQuery({
    queryKey: ["mailbox"],
    queryFn: async () => (await fetch(platformUrl + MAILBOX, { method: "HEAD" })).ok,
    retry: false,
    staleTime: Infinity,
  });
  return isPending ? undefined : data === true;
}

export function MailboxNote() {
  return useHasMailbox() === true ? (
    <>
      It is in{" "}
      <a href={platformUrl + MAILBOX} target="_blank" rel="noreferrer">
        the mailbox of this server
      </a>
      : it is for trying, and no mail leaves it.
    </>
  ) : null;
}
