/** Keeps the shell for a start without network, and offers a newer one when there is one. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { registerSW } from "virtual:pwa-register";

const CHECK_EVERY_MS = 30 * 60_000;

export function keepUpToDate(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const update = registerSW({
    onNeedRefresh: () => offer(() => void update(true)),
    onRegisteredSW: (_, registration) => {
      setInterval(() => void registration?.update(), CHECK_EVERY_MS);
    },
  });
}

function offer(load: () => void): void {
  notifications.show({
    autoClose: false,
    title: "A newer version of Ballast is there",
    message: (
      <Button size="xs" mt="xs" onClick={load}>
        Load it
      </Button>
    ),
  });
}
