/**
 * What runs first: everything that waits for the network is asked for at once, while the
 * application itself is still on its way.
 */
import { basePath } from "./api/addresses";
import { restoreSession } from "./api/session";
import { PATHS_BEFORE_SESSION } from "./app/paths";
import { configQuery, queryClient } from "./app/queries";
import { shellFiles, VIEW_FILES } from "./app/views";

const HIDDEN_WAIT_MS = 100;
// What fails is asked for again, and spoken of, by whoever shows it.
const ignore = () => undefined;

void restoreSession();
void queryClient.query(configQuery).catch(ignore);
void drawn().then(() => import("./main"));

const path = `/${location.pathname.slice(basePath().length)}`;
const isKnown = (known: string): known is keyof typeof VIEW_FILES => known in VIEW_FILES;
if (isKnown(path)) void VIEW_FILES[path]().catch(ignore);
if (!PATHS_BEFORE_SESSION.includes(path)) {
  void shellFiles().catch(ignore);
  // While the server answers there is time for the type, too.
  void document.fonts.load("1em 'Inter Variable'").catch(ignore);
}

/** Waits until the mark is drawn: with all files at hand, the application would come in between. */
function drawn(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    // A hidden page draws nothing.
    setTimeout(resolve, HIDDEN_WAIT_MS);
  });
}
