import "@fontsource-variable/inter/wght.css";
import "./app/mantine.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./app/global.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Shell } from "./app/App";
import { Later } from "./app/Later";
import { PATHS_BEFORE_SESSION } from "./app/paths";
import { queryClient } from "./app/queries";
import { router } from "./app/router";
import { cssVariables, theme } from "./app/theme";

async function show(root: HTMLElement): Promise<void> {
  await router.load();
  if (!PATHS_BEFORE_SESSION.includes(router.state.location.pathname)) await Shell.preload?.();
  const application = (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <Later load={() => import("./app/Notices")} props={{}} />
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
  // In small steps: what is drawn first is much, and phones are slow.
  startTransition(() => createRoot(root).render(application));
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
void show(root);
