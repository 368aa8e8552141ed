/** What is written of a profile, on top of the version that it was begun from. */
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import type { Profile } from "~/api/types";
import { profileQuery, queryClient } from "~/app/queries";
import { configOf, useConfigCheck } from "~/components/editor/CheckedConfig";
import { limitFaults } from "~/features/limits/limitFaults";
import { limitsOf } from "~/features/limits/limitSet";
import { capitalFault, nameFault, useRefused } from "~/features/strategies/profileFaults";
import { editedOf, isSame, onTopOf, type Edited } from "./changes";
import { useScopesAround } from "./ProfileLimits";
import type { RulesView } from "./RulesPanel";
import { useSaveProfile } from "./useSaveProfile";

export interface Saved {
  profile: Profile;
  etag: string;
}

export function useEditing(first: Saved) {
  const [{ profile, etag }, setSaved] = useState(first);
  const [written, setWritten] = useState(() => editedOf(first.profile));
  const [view, setView] = useState<RulesView>("text");
  const [isDone, setDone] = useState(false);
  const [sent, setSent] = useState<Edited>();
  const saved = editedOf(profile);
  const isChanged = !isSame(saved, written);
  useBlocker({
    shouldBlockFn: () =>
      isChanged && !isDone && !window.confirm("Leave without saving? Your changes are lost."),
    enableBeforeUnload: () => isChanged && !isDone,
  });
  const save = useSaveProfile(profile, () => setDone(true));
  const refused = useRefused(save.error, sent, written);
  const refusedLimits = limitFaults(save.error, written.limits, sent?.limits);
  const check = useConfigCheck(written.config, { refused: refused.config });
  const { scopes } = useScopesAround(configOf(written.config));
  const own = { name: nameFault(written.name), allocated: capitalFault(written.allocated) };
  const read = limitsOf(written.limits, profile.limits);
  const isReady =
    check.answer?.valid === true &&
    own.name === null &&
    own.allocated === null &&
    Object.keys(read.faults).length === 0;
  return {
    profile,
    written,
    saved,
    save,
    check,
    scopes,
    view,
    setView,
    canSave: isChanged && isReady,
    placed: [...refused.placed, ...refusedLimits.placed],
    faults: {
      name: own.name ?? refused.at.name,
      allocated: own.allocated ?? refused.at.allocated ?? refused.at.currency,
      limits: { ...refusedLimits.at, ...read.faults },
    },
    change: (changes: Partial<Edited>) => setWritten({ ...written, ...changes }),
    send: () => {
      setSent(written);
      save.run({ etag, written, limits: read.limits });
    },
    compare: async () => {
      const now = await queryClient.query({ ...profileQuery(profile.id), staleTime: 0 });
      setSaved(now);
      setWritten(onTopOf(written, saved, editedOf(now.profile)));
      setView("diff");
      save.reset();
    },
  };
}
