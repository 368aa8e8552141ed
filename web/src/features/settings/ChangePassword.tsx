import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { answerOf, platform } from "~/api/client";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { useFieldFaults } from "~/components/useFieldFaults";
import { useCanAct } from "~/realtime/hooks";
import classes from "./Settings.module.css";

interface Passwords {
  currentPassword: string;
  newPassword: string;
}

const EMPTY: Passwords = { currentPassword: "", newPassword: "" };

export function ChangePassword() {
  const canAct = useCanAct();
  const form = useForm<Passwords>({
    initialValues: EMPTY,
    validate: {
      currentPassword: (typed) => (typed === "" ? "Write the password that you have now." : null),
      newPassword: (typed) => (typed.length < 10 ? "Use at least 10 characters." : null),
    },
  });
  const change = useAction(
    (body: Passwords) => answerOf(platform.POST("/platform/api/auth/password/change", { body })),
    {
      done: "The password is changed.",
      refreshes: [["sessions"]],
      onDone: () => form.setValues(EMPTY),
    },
  );
  const refused = useFieldFaults(change.error, form.values);
  const fault = (field: keyof Passwords) => form.errors[field] ?? refused.at[field];
  const send = (body: Passwords) => {
    refused.markSent();
    change.run(body);
  };
  const toggle = { "aria-label": "Show or hide the password" };
  return (
    <form className={classes.fields} onSubmit={form.onSubmit(send)} noValidate>
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        visibilityToggleButtonProps={toggle}
        {...form.getInputProps("currentPassword")}
        error={fault("currentPassword")}
      />
      <PasswordInput
        label="New password"
        autoComplete="new-password"
        visibilityToggleButtonProps={toggle}
        {...form.getInputProps("newPassword")}
        error={fault("newPassword")}
      />
      <ProblemNote error={change.error} placed={refused.placed} />
      <div>
        <Button type="submit" variant="default" disabled={!canAct} loading={change.isRunning}>
          Change the password
        </Button>
      </div>
    </form>
  );
}
