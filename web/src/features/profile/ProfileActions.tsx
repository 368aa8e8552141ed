/** What can be done with a profile; each says first what will happen. */
import { Button, Menu, ActionIcon } from "@mantine/core";
import { IconDotsVertical } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { answerOf, trading } from "~/api/client";
import type { PositionRow, ProfileRow } from "~/api/types";
import { useFlags } from "~/app/useSession";
import { Confirm } from "~/components/Confirm";
import { MENU } from "~/components/menu";
import { saidText } from "~/components/saidParts";
import { useIsPhone } from "~/components/screen";
import { useAction } from "~/components/useAction";
import { absolute } from "~/format/decimal";
import { moneyIn, quantity, shownSign } from "~/format/number";
import { plural } from "~/format/words";
import { useOrders, usePositions } from "~/realtime/hooks";
import { DeleteProfile } from "./DeleteProfile";
import { useStopProfile } from "./useStopProfile";

export function ProfileActions({ profile }: { profile: ProfileRow }) {
  const isPhone = useIsPhone();
  return (
    <>
      {profile.state === "running" ? <Stop profile={profile} /> : <Start profile={profile} />}
      <Flatten profile={profile} />
      {isPhone ? null : <Rest profile={profile} />}
    </>
  );
}

const requestOf = (id: string, key: string) => ({
  params: { path: { id } },
  headers: { "Idempotency-Key": key },
});

function Start({ profile }: { profile: ProfileRow }) {
  const { id, name, state, stateReason, symbols, timeframe, capital, mode } = profile;
  const isReview = state === "underReview";
  const start = useAction(
    (_: undefined, key) =>
      answerOf(
        trading.POST("/api/profiles/{id}/start", {
          ...requestOf(id, key),
          body: { acknowledge: isReview },
        }),
      ),
    { done: `${name} is running.` },
  );
  return (
    <Confirm
      label="Start"
      variant="filled"
      title={`Start ${name}?`}
      confirm="Start it"
      action={start}
    >
      {isReview ? (
        <p>
          It is under review{stateReason === undefined ? "" : `: ${stateReason}`}. Starting it says
          that you have looked at this.
        </p>
      ) : null}
      <p>
        From the next {timeframe} close it may enter {symbols.join(", ")} with up to{" "}
        {moneyIn(capital.allocated, capital.currency)}{" "}
        {mode === "live" ? "of real money." : "on paper."}
      </p>
    </Confirm>
  );
}

function Stop({ profile }: { profile: ProfileRow }) {
  const { id, name } = profile;
  const held = useHeld(id);
  const stop = useStopProfile(profile);
  return (
    <Confirm label="Stop" title={`Stop ${name}?`} confirm="Stop it" action={stop}>
      <p>It makes no further entries.</p>
      {held.length === 0 ? (
        <p>It holds nothing.</p>
      ) : (
        <>
          <p>What it holds stays open, with its stops and targets working:</p>
          <HeldList held={held} />
        </>
      )}
    </Confirm>
  );
}

function Flatten({ profile }: { profile: ProfileRow }) {
  const { id, name, state } = profile;
  const held = useHeld(id);
  const working = useOrders().filter(
    (order) => order.profileId === id && order.working && order.purpose === "enter",
  );
  const flatten = useAction(
    (_: undefined, key) =>
      answerOf(trading.POST("/api/profiles/{id}/flatten", { ...requestOf(id, key), body: {} })),
    {
      done: ({ orders, cancelled, refused }) =>
        `${plural(orders.length, "closing order")} sent, ${cancelled.length} cancelled` +
        (refused.length > 0 ? `, ${refused.length} refused: ${saidText(refused[0] ?? "")}` : "."),
    },
  );
  if (held.length === 0 && working.length === 0) return null;
  return (
    <Confirm
      label="Flatten"
      variant="outline"
      color="red"
      danger
      title={`Close everything that ${name} holds?`}
      confirm="Close everything"
      action={flatten}
    >
      {held.length > 0 ? (
        <>
          <p>These are sold or bought back at market now:</p>
          <HeldList held={held} />
        </>
      ) : null}
      {working.length > 0 ? (
        <p>
          {plural(working.length, "working entry order is", "working entry orders are")} cancelled.
        </p>
      ) : null}
      {state === "running" ? (
        <p>The profile is stopped as well: it enters nothing until somebody starts it again.</p>
      ) : null}
    </Confirm>
  );
}

function Rest({ profile }: { profile: ProfileRow }) {
  const navigate = useNavigate();
  const flags = useFlags();
  const params = { profileId: profile.id };
  const [isRemoving, setRemoving] = useState(false);
  const more = useRef<HTMLButtonElement>(null);
  return (
    <>
      <Button
        variant="default"
        onClick={() => void navigate({ to: "/profiles/$profileId/edit", params })}
      >
        Edit
      </Button>
      <Menu {...MENU}>
        <Menu.Target>
          <ActionIcon ref={more} size={36} variant="default" aria-label="More">
            <IconDotsVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {flags?.backtest.enabled === true ? (
            <Menu.Item
              onClick={() => void navigate({ to: "/backtest", search: { profile: profile.id } })}
            >
              Back-test this profile
            </Menu.Item>
          ) : null}
          <Menu.Item
            onClick={() =>
              void navigate({
                to: "/positions",
                search: { ticket: "new", profile: profile.id, symbol: profile.symbols[0] },
              })
            }
          >
            New order by hand
          </Menu.Item>
          <Menu.Item
            onClick={() => void navigate({ to: "/history", search: { profile: profile.id } })}
          >
            Its closed trades
          </Menu.Item>
          <Menu.Divider role="separator" />
          <Menu.Item onClick={() => setRemoving(true)}>Remove…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteProfile
        profile={profile}
        opened={isRemoving}
        onClose={() => setRemoving(false)}
        // The menu that it was chosen from is gone.
        onClosed={() => more.current?.focus()}
      />
    </>
  );
}

function useHeld(profileId: string): PositionRow[] {
  return usePositions().filter((position) => position.profileId === profileId);
}

function HeldList({ held }: { held: PositionRow[] }) {
  return (
    <ul>
      {held.map(({ tradeId, symbol, direction, quantity: units, unrealizedPnl, currency }) => (
        <li key={tradeId}>
          {direction} {quantity(units)} {symbol}
          {profitWords(unrealizedPnl, currency)}
        </li>
      ))}
    </ul>
  );
}

function profitWords(profit: string | undefined, currency: string): string {
  const sign = profit === undefined ? 0 : shownSign(profit, currency);
  if (profit === undefined || sign === 0) return "";
  return `, now a ${sign > 0 ? "gain" : "loss"} of ${moneyIn(absolute(profit), currency)}`;
}
