/** What is said in passing: that something was done, and that there is a newer version. */
import { Button } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { Shell } from "./App";
import { keepUpToDate } from "./serviceWorker";

export default function Notices() {
  useEffect(() => keepUpToDate(offer), []);
  // Whoever signs in finds it there.
  useEffect(() => void Shell.preload?.(), []);
  return <Notifications position="bottom-right" autoClose={6_000} limit={4} />;
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
