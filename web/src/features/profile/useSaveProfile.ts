/** Saving what is written of a profile as its next version, unless that was made meanwhile. */
import { useNavigate } from "@tanstack/react-router";
import { answerOf, trading } from "~/api/client";
import type { Profile } from "~/api/types";
import { configOf } from "~/components/editor/CheckedConfig";
import { useAction } from "~/components/useAction";
import type { LimitSet } from "~/features/limits/limitSet";
import { typedDecimal } from "~/format/decimal";
import type { Edited } from "./changes";

interface Asked {
  /** Of the version that is replaced. */
  etag: string;
  written: Edited;
  limits: LimitSet;
}

export function useSaveProfile(profile: Profile, onDone: () => void) {
  const navigate = useNavigate();
  return useAction(
    (asked: Asked, key) => {
      const strategyConfig = configOf(asked.written.config);
      const allocated = typedDecimal(asked.written.allocated);
      if (strategyConfig === undefined || allocated === undefined) {
        throw new Error("The config is not JSON, or the capital is not a number.");
      }
      const { venue, mode, preset, id } = profile;
      return answerOf(
        trading.PUT("/api/profiles/{id}", {
          params: { path: { id }, header: { "If-Match": asked.etag } },
          headers: { "Idempotency-Key": key },
          body: {
            name: asked.written.name,
            strategyConfig,
            capital: { ...profile.capital, allocated },
            venue,
            mode,
            preset,
            timeZone: asked.written.timeZone,
            limits: asked.limits,
          },
        }),
      );
    },
    {
      done: ({ version }) => `Saved as version ${version}.`,
      refreshes: [["profile", profile.id]],
      onDone: ({ id }) => {
        onDone();
        // After the state that lets the page be left has been taken up.
        setTimeout(() => void navigate({ to: "/profiles/$profileId", params: { profileId: id } }));
      },
    },
  );
}
