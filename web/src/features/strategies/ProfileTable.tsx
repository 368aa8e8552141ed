/** Profiles with their state, their money and why they last did something or nothing. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { ProfileRow } from "~/api/types";
import { Flash, Profit } from "~/components/Amount";
import { DayProfitHeading } from "~/components/DayStart";
import { DataTable, type Column } from "~/components/DataTable";
import { money } from "~/format/number";
import { plural } from "~/format/words";
import { useProfile, useSilentSince } from "~/realtime/hooks";
import {
  LastExplained,
  LastExplanation,
  LockReasons,
  ProfileState,
  StateReason,
} from "./ProfileParts";
import classes from "./Strategies.module.css";

const COLUMNS: Column<ProfileRow>[] = [
  {
    key: "name",
    header: "Profile",
    cell: ({ id, name }) => (
      <Link to="/profiles/$profileId" params={{ profileId: id }} className={classes.name}>
        {name}
      </Link>
    ),
  },
  {
    key: "status",
    header: "State",
    cell: (profile) => (
      <>
        <ProfileState profile={profile} />
        <StateReason profile={profile} />
        <LockReasons profile={profile} />
      </>
    ),
  },
  {
    key: "symbols",
    header: "Trades",
    cell: ({ symbols, timeframe }) => (
      <span className="muted">
        {symbols.slice(0, 2).join(", ")}
        {symbols.length > 2 ? ` and ${symbols.length - 2} more` : ""} · {timeframe}
      </span>
    ),
  },
  {
    key: "equity",
    header: "Equity",
    numeric: true,
    cell: ({ id }) => <Equity id={id} />,
  },
  {
    key: "day",
    header: <DayProfitHeading />,
    numeric: true,
    cell: ({ id }) => <DayProfit id={id} />,
  },
  { key: "open", header: "Positions", numeric: true, cell: ({ id }) => <OpenCount id={id} /> },
  {
    key: "why",
    header: "Last explanation",
    wide: true,
    wraps: true,
    cell: (profile) => <LastExplanation profile={profile} />,
  },
  { key: "when", header: "Said", cell: (profile) => <LastExplained profile={profile} /> },
];

export function ProfileTable({ profiles }: { profiles: ProfileRow[] }) {
  const navigate = useNavigate();
  return (
    <DataTable
      label="Profiles"
      columns={COLUMNS}
      rows={profiles}
      rowKey={({ id }) => id}
      onOpen={({ id }) => void navigate({ to: "/profiles/$profileId", params: { profileId: id } })}
      card={(profile) => <ProfileCard profile={profile} />}
    />
  );
}

/** What an amount looks like while no prices come in: as it was, and no news. */
function useAge(): string | undefined {
  return useSilentSince() === undefined ? undefined : "old";
}

function Equity({ id }: { id: string }) {
  const profile = useProfile(id);
  const age = useAge();
  if (profile === undefined) return null;
  return (
    <Flash value={profile.equity} className={age}>
      {money(profile.equity, profile.capital.currency)}{" "}
      <span className="muted">{profile.capital.currency}</span>
    </Flash>
  );
}

function DayProfit({ id }: { id: string }) {
  const profile = useProfile(id);
  const age = useAge();
  return (
    <span className={age}>
      <Profit
        value={profile?.dayProfit}
        percent={profile?.dayProfitPct}
        currency={profile?.capital.currency}
        flashes
      />
    </span>
  );
}

function OpenCount({ id }: { id: string }) {
  const profile = useProfile(id);
  if (profile === undefined) return null;
  const { openPositions, workingOrders } = profile;
  return (
    <>
      {openPositions}
      {workingOrders === 0 ? null : (
        <span className="muted">, {plural(workingOrders, "order")} working</span>
      )}
    </>
  );
}

function ProfileCard({ profile }: { profile: ProfileRow }) {
  return (
    <Link to="/profiles/$profileId" params={{ profileId: profile.id }} className={classes.card}>
      <span className={classes.cardLine}>
        <strong>{profile.name}</strong>
        <Equity id={profile.id} />
      </span>
      <span className={classes.cardLine}>
        <ProfileState profile={profile} />
        <DayProfit id={profile.id} />
      </span>
      <StateReason profile={profile} />
      <LockReasons profile={profile} />
      <span className={`${classes.cardLine} muted`}>
        <LastExplanation profile={profile} />
        <span className="number">
          <LastExplained profile={profile} />
        </span>
      </span>
    </Link>
  );
}
