/** Offers the config of a profile or an example, and the capital of the profile with it. */
import { Select } from "@mantine/core";
import { useEffect, useEffectEvent, useState } from "react";
import { asProblem } from "~/api/problem";
import type { Profile } from "~/api/types";
import { profileQuery, queryClient } from "~/app/queries";
import { textOf } from "~/components/editor/CheckedConfig";
import { useAction } from "~/components/useAction";
import { FIRST_TIMEFRAME, PRESETS } from "~/features/strategies/presets";
import { useProfiles, useSymbols } from "~/realtime/hooks";

interface ConfigSourceProps {
  profileId: string | undefined;
  /** Puts a text into the editor, perhaps after a question. */
  onText: (text: string, onTaken: () => void) => void;
  /** The config of a profile with this capital is in the editor now. */
  onTaken: (capital: Profile["capital"]) => void;
}

export function ConfigSource({ profileId, onText, onTaken }: ConfigSourceProps) {
  const profiles = useProfiles();
  const symbols = useSymbols();
  const [chosen, setChosen] = useState<string | null>(null);
  const offer = (value: string, config: object, capital?: Profile["capital"]) =>
    onText(textOf(config), () => {
      setChosen(value);
      if (capital !== undefined) onTaken(capital);
    });
  const take = useAction(async (id: string) => {
    const { profile } = await queryClient.query({ ...profileQuery(id), staleTime: 0 });
    offer(id, profile.strategyConfig, profile.capital);
  });
  const first = useEffectEvent(() => profileId !== undefined && take.run(profileId));
  useEffect(() => void first(), []);
  const choose = (value: string) => {
    const preset = PRESETS.find(({ key }) => key === value);
    if (preset === undefined) return take.run(value);
    offer(value, preset.config(symbols[0] ?? "SAMPLE", FIRST_TIMEFRAME));
  };
  return (
    <Select
      aria-label="Config from"
      placeholder="Config from…"
      size="xs"
      w={200}
      value={chosen}
      error={take.error === null ? undefined : asProblem(take.error).message}
      onChange={(value) => value !== null && choose(value)}
      data={[
        { group: "Profiles", items: profiles.map(({ id, name }) => ({ value: id, label: name })) },
        { group: "Examples", items: PRESETS.map(({ key, name }) => ({ value: key, label: name })) },
      ]}
    />
  );
}
