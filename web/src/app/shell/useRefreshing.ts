/** Asks anew for what is not pushed when something that it depends on was. */
import { useEffect } from "react";
import { queryClient } from "~/app/queries";
import { live } from "~/realtime/store";

const SETTLE_MS = 1_000;

export function useRefreshing(): void {
  useEffect(() => {
    const waiting = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const key of waiting) {
        void queryClient.invalidateQueries({ queryKey: JSON.parse(key) as string[] });
      }
      waiting.clear();
    };
    const stop = live.watch((changed) => {
      for (const key of changed) {
        for (const query of dependent(key)) waiting.add(JSON.stringify(query));
      }
      if (waiting.size > 0) timer ??= setTimeout(flush, SETTLE_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
}

function dependent(key: string): string[][] {
  const [table, id = ""] = key.split("/");
  if (table === "evaluationsOf") return [["profile", id, "timeline"]];
  if (table === "trades" && id === "") return [["trades"], ["performance"]];
  if (table === "alerts" && id === "") return [["alerts"]];
  if (table === "orders" && id !== "") {
    const profileId = live.state.orders[id]?.profileId;
    return profileId === undefined
      ? []
      : [
          ["profile", profileId, "timeline"],
          ["profile", profileId, "ledger"],
        ];
  }
  return [];
}
