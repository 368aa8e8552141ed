/** Saving what is written of a profile as its next version, unless that was made meanwhile. */
import { useNavigate } from "@tanstack/react-router";
import { answerOf, trading } from "~/api/client";
import type { Profile } from "~/api/types";
import { configOf } from "~/components/editor/CheckedConfig";
import { useAction } from "~/components/useAction";
import { typedDecimal } from "~/format/decimal";

interface Asked {
  /** Of the version that is replaced. */
  etag: string;
  name: string;
  text: string;
  capital: string;
}

export function useSaveProfile(profile: Profile, onDone: () => void) {
  const navigate = useNavigate();
  return useAction(
    (asked: Asked, key) => {
      const strategyConfig = configOf(asked.text);
      const allocated = typedDecimal(asked.capital);
      if (strategyConfig === undefined || allocated === undefined) {
        throw new Error("The config is not JSON, or the capital is not a number.");
      }
      const { venue, mode, limits, id } = profile;
      return answerOf(
        trading.PUT("/api/profiles/{id}", {
          params: { path: { id }, header: { "If-Match": asked.etag } },
          headers: { "Idempotency-Key": key },
          body: {
            name: asked.name,
            strategyConfig,
            capital: { ...profile.capital, allocated },
            venue,
            mode,
            limits,
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
