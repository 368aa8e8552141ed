/** E-mail and password, for every form that asks for one or both. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProblemNote } from "~/components/ProblemNote";
import type { Action } from "~/components/useAction";
import { useFieldFaults } from "~/components/useFieldFaults";
import classes from "./SignIn.module.css";
import { useWait, WaitNote } from "./Wait";

export interface Credentials {
  email: string;
  password: string;
}

interface CredentialsFormProps<Result> {
  asks: ("email" | "password")[];
  /** A new password is checked for its length before it is sent. */
  isNew?: boolean;
  action: Action<Credentials, Result>;
  submit: string;
}

const PASSWORD_MIN = 10;

export function CredentialsForm<Result>(props: CredentialsFormProps<Result>) {
  const { asks, isNew = false, action, submit } = props;
  const form = useForm<Credentials>({
    initialValues: { email: "", password: "" },
    validate: {
      email: (email) =>
        asks.includes("email") && !email.includes("@") ? "Write an e-mail address." : null,
      password: (password) => passwordProblem(asks, isNew, password),
    },
  });
  const refused = useFieldFaults(action.error, form.values);
  const wait = useWait(action.error);
  // Another account does not wait for this one.
  const waits = wait !== undefined && wait.left > 0 && refused.isAsSent("email");
  const fault = (field: keyof Credentials) => form.errors[field] ?? refused.at[field];
  const send = (values: Credentials) => {
    if (waits) return;
    refused.markSent();
    action.run(values);
  };
  return (
    <form className={classes.form} onSubmit={form.onSubmit(send)} noValidate>
      {asks.includes("email") ? (
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          data-autofocus
          {...form.getInputProps("email")}
          error={fault("email")}
        />
      ) : null}
      {asks.includes("password") ? (
        <PasswordInput
          label={isNew ? "New password" : "Password"}
          description={isNew ? `${PASSWORD_MIN} characters or more.` : undefined}
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
          {...form.getInputProps("password")}
          error={fault("password")}
        />
      ) : null}
      {wait === undefined || action.error === null ? (
        <ProblemNote error={action.error} placed={refused.placed} />
      ) : (
        <WaitNote error={action.error} left={wait.left} />
      )}
      <Button type="submit" fullWidth loading={action.isRunning} disabled={waits}>
        {submit}
      </Button>
    </form>
  );
}

function passwordProblem(asks: string[], isNew: boolean, password: string): string | null {
  if (!asks.includes("password")) return null;
  if (password === "") return "Write the password.";
  return isNew && password.length < PASSWORD_MIN
    ? `Use at least ${PASSWORD_MIN} characters; several words are good.`
    : null;
}
