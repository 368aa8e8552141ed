/** The forms that come before a session; each a route of its own. */
import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { answerOf, platform } from "~/api/client";
import { asProblem } from "~/api/problem";
import { beginSession, finishSignOut } from "~/api/session";
import { isSignOutPending } from "~/api/signOutPending";
import type { TokenAnswer } from "~/api/types";
import { configQuery } from "~/app/queries";
import { useSession } from "~/app/useSession";
import { useAction } from "~/components/useAction";
import { CredentialsForm, type Credentials } from "./CredentialsForm";
import { CutLink } from "./CutLink";
import { MailboxNote } from "./Mailbox";
import { useLinkToken } from "./linkToken";
import { SignInFrame } from "./SignInFrame";
import classes from "./SignIn.module.css";

/** Why somebody has to sign in again. */
const REASONS: Record<string, string> = {
  tokenExpired: "Your session has expired. Sign in to go on where you were.",
  tokenInvalid: "Your session is not accepted any more. Sign in to go on where you were.",
  sessionRevoked: "This session was ended, here or on another device.",
  signOutPending:
    "You are signed out in this browser. The server was not reached, so that it does not know " +
    "yet; it is told as soon as it answers, when this page is open.",
  signOutDone: "You are signed out, and the server knows it now.",
};

function useBeginning(work: (credentials: Credentials) => Promise<TokenAnswer>) {
  const navigate = useNavigate();
  const { back } = useSearch({ strict: false });
  const begin = async (credentials: Credentials) => {
    // Afterwards the cookie of the session that was left is gone, and it could not be ended.
    if (isSignOutPending()) await finishSignOut();
    return work(credentials);
  };
  return useAction(begin, {
    onDone: (answer) => {
      beginSession(answer);
      // Only a path of this application is gone back to.
      const isOwn = back?.startsWith("/") === true && !back.startsWith("//");
      void navigate({ to: isOwn ? back : "/", replace: true });
    },
  });
}

export function SignInPage() {
  const session = useSession();
  const { data: config } = useQuery(configQuery);
  const action = useBeginning((body) =>
    answerOf(platform.POST("/platform/api/auth/login", { body })),
  );
  const reason = session.kind === "signedOut" ? REASONS[session.reason ?? ""] : undefined;
  return (
    <SignInFrame title="Sign in">
      {reason === undefined ? null : (
        <Alert color="yellow" mt="sm" role="status">
          {reason}
        </Alert>
      )}
      {config?.signIn === "outside" ? (
        <Alert color="gray" mt="sm">
          People sign in with another service here. Its access tokens count at the API; this
          application has no way to get one.
        </Alert>
      ) : (
        <>
          <CredentialsForm asks={["email", "password"]} action={action} submit="Sign in" />
          <div className={classes.links}>
            <Link to="/forgot">Forgot the password?</Link>
            {config?.registration === "open" ? <Link to="/register">Create an account</Link> : null}
          </div>
        </>
      )}
    </SignInFrame>
  );
}

export function RegisterPage() {
  const { data: config } = useQuery(configQuery);
  const action = useAction((body: Credentials) =>
    answerOf(platform.POST("/platform/api/auth/register", { body })),
  );
  const isClosed = config?.registration === "closed";
  return (
    <SignInFrame
      title="Create an account"
      about={
        isClosed
          ? "Registration is closed here. Ask an administrator for an account."
          : "Trading is on paper."
      }
    >
      {isClosed ? null : action.result !== undefined ? (
        <Alert mt="sm" role="status">
          {action.result.message} <MailboxNote />
        </Alert>
      ) : (
        <CredentialsForm
          asks={["email", "password"]}
          isNew
          action={action}
          submit="Create the account"
        />
      )}
      <div className={classes.links}>
        <Link to="/sign-in">I have an account</Link>
      </div>
    </SignInFrame>
  );
}

export function FirstAdministratorPage() {
  const token = useLinkToken();
  const action = useBeginning((body) =>
    answerOf(platform.POST("/platform/api/auth/first-administrator", { body: { token, ...body } })),
  );
  // The server does not say which of the reasons it is, to anybody who has no good link.
  const isOver = action.error !== null && asProblem(action.error).code === "linkInvalid";
  return (
    <SignInFrame
      title="First administrator"
      about={
        token === "" || isOver
          ? undefined
          : "The account that may do everything, and owns the profiles that trade."
      }
    >
      {token === "" ? (
        <Alert color="yellow" mt="sm">
          The address has no token. Open the link that the server printed when it started.
        </Alert>
      ) : isOver ? (
        <Alert color="yellow" mt="sm" role="alert">
          This link is not good any more: there is an administrator already, or it was used, or it
          is more than a day old, or the server has printed a newer one since. Sign in if you have
          an account. While there is no administrator, every start of the server prints a new link.
        </Alert>
      ) : (
        <>
          <CutLink token={token} />
          <CredentialsForm
            asks={["email", "password"]}
            isNew
            action={action}
            submit="Create it and sign in"
          />
        </>
      )}
      <div className={classes.links}>
        <Link to="/sign-in">{isOver ? "Sign in" : "I have an account"}</Link>
      </div>
    </SignInFrame>
  );
}
