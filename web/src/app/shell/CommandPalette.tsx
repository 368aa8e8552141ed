/** Everything that can be done from anywhere, by typing. */
import { useMantineColorScheme } from "@mantine/core";
import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { useNavigate } from "@tanstack/react-router";
import type { ProfileRow } from "~/api/types";
import { useIsPhone } from "~/components/screen";
import { signOut } from "~/features/sign-in/signOut";
import { profileState } from "~/format/words";
import { useOrders, usePositions, useProfiles, useSymbols } from "~/realtime/hooks";
import { useFlags, useUser } from "../useSession";
import { isOperator, REASON_HASH, visibleViews } from "./navigation";
import { paletteStore } from "./palette";

export default function CommandPalette() {
  const isPhone = useIsPhone();
  const views = useViews(isPhone);
  const profiles = useProfileCommands();
  const control = useControlCommands();
  const making = useMaking();
  const rest = useRest();
  const actions = [...views, ...profiles, ...control, ...(isPhone ? [] : making), ...rest];
  return (
    <Spotlight
      store={paletteStore}
      actions={grouped(actions)}
      shortcut={["mod + K"]}
      tagsToIgnore={[]}
      triggerOnContentEditable
      highlightQuery
      scrollable
      maxHeight={420}
      nothingFound="Nothing is called that. Try a view, a profile or a symbol."
      attributes={{ content: { "aria-label": "Commands" } }}
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
      searchProps={{ placeholder: "Go to, or do…", "aria-label": "Command" }}
    />
  );
}

function useViews(isPhone: boolean): SpotlightActionData[] {
  const navigate = useNavigate();
  const views = visibleViews(useFlags(), useUser());
  return views
    .filter(({ desktopOnly }) => !(isPhone && desktopOnly === true))
    .map(({ to, label, key }) => ({
      id: `view-${to}`,
      label,
      description: isPhone ? undefined : `g ${key}`,
      group: "Go to",
      onClick: () => void navigate({ to }),
    }));
}

/** Each profile, and what can be done with it: its page asks before it does anything. */
function useProfileCommands(): SpotlightActionData[] {
  const navigate = useNavigate();
  const profiles = useProfiles();
  const positions = usePositions();
  const orders = useOrders();
  const isBusy = (id: string) =>
    positions.some(({ profileId }) => profileId === id) ||
    orders.some(
      ({ profileId, working, purpose }) => profileId === id && working && purpose === "enter",
    );
  const open = (id: string) => () =>
    void navigate({ to: "/profiles/$profileId", params: { profileId: id } });
  const command = (verb: string, { id, name }: ProfileRow): SpotlightActionData => ({
    id: `${verb}-${id}`,
    label: `${verb} ${name}`,
    description: "Opens its page, which asks first",
    group: "Do",
    onClick: open(id),
  });
  return profiles.flatMap((profile) => {
    const { id, name, state, symbols } = profile;
    const page: SpotlightActionData = {
      id,
      label: name,
      description: `${profileState(state)}, ${symbols.join(", ")}`,
      group: "Profiles",
      onClick: open(id),
    };
    const switching = command(state === "running" ? "Stop" : "Start", profile);
    const flatten = { ...command("Flatten", profile), keywords: ["close", "sell", "exit"] };
    return [page, switching, ...(isBusy(id) ? [flatten] : [])];
  });
}

/** The panel wants a reason and is never left out: nothing is done from here. */
function useControlCommands(): SpotlightActionData[] {
  const navigate = useNavigate();
  const user = useUser();
  if (!isOperator(user)) return [];
  const open = () => void navigate({ to: "/operator", hash: REASON_HASH });
  const description = "Opens Control, which asks for the reason first";
  return [
    {
      id: "pause",
      label: "Pause all entries",
      description,
      keywords: ["halt", "stop", "trading"],
      group: "Do",
      onClick: open,
    },
    {
      id: "resume",
      label: "Resume trading",
      description,
      keywords: ["start", "continue"],
      group: "Do",
      onClick: open,
    },
  ];
}

function useMaking(): SpotlightActionData[] {
  const navigate = useNavigate();
  const symbols = useSymbols();
  const tickets = symbols.map((symbol) => ({
    id: `ticket-${symbol}`,
    label: `New order in ${symbol}`,
    description: "Opens the ticket; nothing is sent yet",
    keywords: ["buy", "sell"],
    group: "Do",
    onClick: () => void navigate({ to: "/positions", search: { ticket: "new", symbol } }),
  }));
  return [
    {
      id: "ticket",
      label: "New order",
      description: "n",
      keywords: ["buy", "sell"],
      group: "Do",
      onClick: () => void navigate({ to: "/positions", search: { ticket: "new" } }),
    },
    {
      id: "create",
      label: "New profile",
      keywords: ["strategy"],
      group: "Do",
      onClick: () => void navigate({ to: "/strategies/new" }),
    },
    ...tickets,
  ];
}

function useRest(): SpotlightActionData[] {
  const { toggleColorScheme } = useMantineColorScheme();
  return [
    {
      id: "theme",
      label: "Switch between dark and light",
      group: "Do",
      onClick: () => toggleColorScheme(),
    },
    { id: "sign-out", label: "Sign out", group: "Do", onClick: () => void signOut(false) },
  ];
}

function grouped(actions: SpotlightActionData[]) {
  const groups = new Map<string, SpotlightActionData[]>();
  for (const action of actions) {
    const group = action.group ?? "Do";
    groups.set(group, [...(groups.get(group) ?? []), action]);
  }
  return [...groups].map(([group, members]) => ({ group, actions: members }));
}
