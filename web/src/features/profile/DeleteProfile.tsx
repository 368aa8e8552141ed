/** Removes a profile that holds nothing; its history stays in the journal. */
import { Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { ProfileRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { plural } from "~/format/words";

interface DeleteProfileProps {
  profile: ProfileRow;
  opened: boolean;
  onClose: () => void;
  /** When it has gone from the screen. */
  onClosed: () => void;
}

export function DeleteProfile({ profile, opened, onClose, onClosed }: DeleteProfileProps) {
  const { id, name, version, openPositions, workingOrders } = profile;
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const remove = useAction(
    (_: undefined, key) =>
      answerOf(
        trading.DELETE("/api/profiles/{id}", {
          params: { path: { id }, header: { "If-Match": `"${version}"` } },
          headers: { "Idempotency-Key": key },
        }),
      ),
    {
      done: `${name} is removed.`,
      onDone: () => void navigate({ to: "/strategies", replace: true }),
    },
  );
  const isBusy = openPositions + workingOrders > 0;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={() => {
        setTyped("");
        onClosed();
      }}
      returnFocus={false}
      title={`Remove ${name}?`}
    >
      {isBusy ? (
        <Text>
          It holds {plural(openPositions, "position")} and has{" "}
          {plural(workingOrders, "working order")}. Flatten it and stop it first.
        </Text>
      ) : (
        <>
          <Text mb="sm">
            It stops for good. Its trades, orders and ledger stay in the journal and in History.
          </Text>
          <TextInput
            label={`Type “${name}” to confirm`}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </>
      )}
      <ProblemNote error={remove.error} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red"
          disabled={isBusy || typed !== name}
          loading={remove.isRunning}
          onClick={() => remove.run(undefined)}
        >
          Remove it
        </Button>
      </Group>
    </Modal>
  );
}
