/** Keeps the shell for a start without network, and offers a newer one when there is one. */
import { registerSW } from "virtual:pwa-register";

const CHECK_EVERY_MS = 30 * 60_000;

/** `offer` is told of a newer version, with what loads it. */
export function keepUpToDate(offer: (load: () => void) => void): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const update = registerSW({
    onNeedRefresh: () => offer(() => void update(true)),
    onRegisteredSW: (_, registration) => {
      setInterval(() => void registration?.update(), CHECK_EVERY_MS);
    },
  });
}

/** Loads the page as the server has it now, past the shell that is kept here. */
export async function loadNewest(): Promise<void> {
  const reload = () => window.location.reload();
  const workers = "serviceWorker" in navigator ? navigator.serviceWorker : undefined;
  const registration = await workers?.getRegistration();
  await registration?.update().catch(() => undefined);
  const coming = registration?.waiting ?? registration?.installing;
  if (workers === undefined || coming === null || coming === undefined) return reload();
  workers.addEventListener("controllerchange", reload, { once: true });
  const takeOver = () => {
    if (coming.state === "installed") coming.postMessage({ type: "SKIP_WAITING" });
    else if (coming.state === "redundant") reload();
  };
  coming.addEventListener("statechange", takeOver);
  takeOver();
}
