/** E-mail and password, for every form that asks for one or both. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { asProblem } from "~/api/problem";
import { ProblemNote } from "~/components/ProblemNote";
import type { Action } from "~/components/useAction";
import classes from "./SignIn.module.css";

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
  const refused = action.error === null ? [] : asProblem(action.error).fields;
  const fault = (field: keyof Credentials) =>
    form.errors[field] ?? refused.find(({ field: named }) => named === field)?.message;
  return (
    <form
      className={classes.form}
      onSubmit={form.onSubmit((values) => action.run(values))}
      noValidate
    >
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
      {refused.length === 0 ? <ProblemNote error={action.error} /> : null}
      <Button type="submit" fullWidth loading={action.isRunning}>
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
