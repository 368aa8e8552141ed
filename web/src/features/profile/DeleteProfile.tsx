/** Removes a profile that holds nothing; its history stays in the journal. */
import { Button, Group, Menu, Modal, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { ProfileRow } from "~/api/types";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";

export function DeleteProfile({ profile }: { profile: ProfileRow }) {
  const { id, name, version, openPositions, workingOrders } = profile;
  const [isOpen, setOpen] = useState(false);
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
    <>
      <Menu.Item closeMenuOnClick={false} onClick={() => setOpen(true)}>
        Remove…
      </Menu.Item>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={`Remove ${name}?`}>
        {isBusy ? (
          <Text>
            It holds {openPositions} positions and has {workingOrders} working orders. Flatten it
            and stop it first.
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
          <Button variant="default" onClick={() => setOpen(false)}>
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
    </>
  );
}
