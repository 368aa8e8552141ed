/** The way back in for somebody who has forgotten the password. */
import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answerOf, platform } from "~/api/client";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { CredentialsForm, type Credentials } from "./CredentialsForm";
import { CutLink } from "./CutLink";
import { useLinkToken } from "./linkToken";
import { MailboxNote, useHasMailbox } from "./Mailbox";
import { SignInFrame } from "./SignInFrame";
import classes from "./SignIn.module.css";

export function ForgotPage() {
  const [sentTo, setSentTo] = useState<string>();
  const action = useAction(async ({ email }: Credentials) => {
    await answerOf(platform.POST("/platform/api/auth/password/forgot", { body: { email } }));
    setSentTo(email);
  });
  return (
    <SignInFrame
      title="Forgot the password"
      about="We send a link that lets you choose a new one. It works once, for 30 minutes."
    >
      {sentTo === undefined ? (
        <CredentialsForm asks={["email"]} action={action} submit="Send the link" />
      ) : (
        <Alert color="gray" mt="md" role="status">
          <SentWords to={sentTo} />
        </Alert>
      )}
      <div className={classes.links}>
        <Link to="/sign-in">Back to sign-in</Link>
      </div>
    </SignInFrame>
  );
}

function SentWords({ to }: { to: string }) {
  const hasNoMailbox = useHasMailbox() === false;
  return (
    <>
      If {to} has an account here, a link was sent.{" "}
      {hasNoMailbox ? (
        "Where no mail is set up, whoever runs the server can give the account a new password."
      ) : (
        <MailboxNote />
      )}
    </>
  );
}

export function ResetPage() {
  const token = useLinkToken();
  const navigate = useNavigate();
  const action = useAction(
    ({ password }: Credentials) =>
      answerOf(platform.POST("/platform/api/auth/password/reset", { body: { token, password } })),
    {
      done: "The password is changed. Sign in with the new one.",
      onDone: () => void navigate({ to: "/sign-in", replace: true }),
    },
  );
  return (
    <SignInFrame title="Choose a new password" about="Every other session of yours ends with it.">
      {token === "" ? (
        <Alert color="yellow" mt="sm">
          The address has no token. Open the link of the mail as a whole, or{" "}
          <Link to="/forgot">ask for a new one</Link>.
        </Alert>
      ) : (
        <>
          <CutLink token={token} />
          <CredentialsForm asks={["password"]} isNew action={action} submit="Change the password" />
        </>
      )}
      <div className={classes.links}>
        <Link to="/sign-in">Back to sign-in</Link>
      </div>
    </SignInFrame>
  );
}

/** Confirms an address: opening the link is enough. */
export function VerifyEmailPage() {
  const token = useLinkToken();
  const { error, isPending } = useQuery({
    queryKey: ["verify-email", token],
    queryFn: async () => {
      await answerOf(platform.POST("/platform/api/auth/email/verify", { body: { token } }));
      return true;
    },
    retry: false,
    staleTime: Infinity,
  });
  return (
    <SignInFrame title="Confirm the e-mail address">
      {isPending ? <p>One moment…</p> : <ProblemNote error={error} />}
      {!isPending && error === null ? <p>The address is confirmed.</p> : null}
      <div className={classes.links}>
        <Link to="/sign-in">Sign in</Link>
      </div>
    </SignInFrame>
  );
}
