/** Everything that can be done from anywhere, by typing. */
import { useMantineColorScheme } from "@mantine/core";
import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { useNavigate } from "@tanstack/react-router";
import { useIsPhone } from "~/components/screen";
import { signOut } from "~/features/sign-in/signOut";
import { profileState } from "~/format/words";
import { useProfiles, useSymbols } from "~/realtime/hooks";
import { useFlags, useUser } from "../useSession";
import { visibleViews } from "./navigation";
import { paletteStore } from "./palette";

const THEME_LABEL = "Switch between dark and light";

export default function CommandPalette() {
  const navigate = useNavigate();
  const flags = useFlags();
  const user = useUser();
  const profiles = useProfiles();
  const symbols = useSymbols();
  const isPhone = useIsPhone();
  const { toggleColorScheme } = useMantineColorScheme();

  const shown = visibleViews(flags, user).filter(
    ({ desktopOnly }) => !(isPhone && desktopOnly === true),
  );
  const views: SpotlightActionData[] = shown.map(({ to, label, key }) => ({
    id: `view-${to}`,
    label,
    description: isPhone ? undefined : `g ${key}`,
    group: "Go to",
    onClick: () => void navigate({ to }),
  }));
  const ownProfiles: SpotlightActionData[] = profiles.map(({ id, name, state, symbols: own }) => ({
    id,
    label: name,
    description: `${profileState(state)}, ${own.join(", ")}`,
    group: "Profiles",
    onClick: () => void navigate({ to: "/profiles/$profileId", params: { profileId: id } }),
  }));
  const tickets: SpotlightActionData[] = symbols.map((symbol) => ({
    id: `ticket-${symbol}`,
    label: `New order in ${symbol}`,
    description: "Opens the ticket; nothing is sent yet",
    group: "Do",
    onClick: () => void navigate({ to: "/positions", search: { ticket: "new", symbol } }),
  }));
  const making: SpotlightActionData[] = [
    {
      id: "ticket",
      label: "New order",
      description: "n",
      group: "Do",
      onClick: () => void navigate({ to: "/positions", search: { ticket: "new" } }),
    },
    {
      id: "create",
      label: "New profile",
      group: "Do",
      onClick: () => void navigate({ to: "/strategies/new" }),
    },
    ...tickets,
  ];
  const rest: SpotlightActionData[] = [
    { id: "theme", label: THEME_LABEL, group: "Do", onClick: () => toggleColorScheme() },
    { id: "sign-out", label: "Sign out", group: "Do", onClick: () => void signOut(false) },
  ];
  return (
    <Spotlight
      store={paletteStore}
      actions={grouped([...views, ...ownProfiles, ...rest, ...(isPhone ? [] : making)])}
      shortcut={["mod + K"]}
      tagsToIgnore={[]}
      triggerOnContentEditable
      highlightQuery
      scrollable
      maxHeight={420}
      nothingFound="Nothing is called that. Try a view, a profile or a symbol."
      searchProps={{ placeholder: "Go to, or do…", "aria-label": "Command" }}
    />
  );
}

function grouped(actions: SpotlightActionData[]) {
  const groups = new Map<string, SpotlightActionData[]>();
  for (const action of actions) {
    const group = action.group ?? "Do";
    groups.set(group, [...(groups.get(group) ?? []), action]);
  }
  return [...groups].map(([group, members]) => ({ group, actions: members }));
}
