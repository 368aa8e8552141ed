/** One profile: its chart, what it decided and why, its orders, its money. */
import { Select, Tabs } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Flash, Profit } from "~/components/Amount";
import { SinceDayStart } from "~/components/DayStart";
import { Older } from "~/components/Older";
import { Empty, PageHeader, Panel } from "~/components/Panel";
import { OrderTable } from "~/features/positions/OrderTable";
import { useDoneOrders } from "~/features/positions/useDoneOrders";
import { PositionTable } from "~/features/positions/PositionTable";
import { LockReasons, ProfileState, StateReason } from "~/features/strategies/ProfileParts";
import { money } from "~/format/number";
import { useOrders, usePositions, useProfile, useSilentSince } from "~/realtime/hooks";
import { Ledger } from "./Ledger";
import { ProfileActions } from "./ProfileActions";
import { ProfileChart } from "./ProfileChart";
import classes from "./Profile.module.css";
import { ProfileLimits } from "./ProfileLimits";
import { ProfileTabs } from "./ProfileTabs";
import { Statistics } from "./Statistics";
import { Timeline } from "./Timeline";
import { Versions } from "./Versions";

const TABS = [
  ["why", "Why, why not"],
  ["positions", "Positions"],
  ["orders", "Orders"],
  ["ledger", "Ledger"],
  ["statistics", "Statistics"],
  ["limits", "Limits"],
  ["versions", "Versions"],
] as const;

export function ProfilePage() {
  const { profileId } = useParams({ from: "/profiles/$profileId" });
  const { tab = "why" } = useSearch({ from: "/profiles/$profileId" });
  const navigate = useNavigate();
  const profile = useProfile(profileId);
  if (profile === undefined) {
    return (
      <Empty title="There is no such profile">
        It may have been removed. Look under Strategies for those that exist.
      </Empty>
    );
  }
  return (
    <>
      <PageHeader
        documentTitle={profile.name}
        title={
          <>
            {profile.name}
            <ProfileState profile={profile} />
          </>
        }
        about={
          <>
            {profile.symbols.join(", ")} on {profile.timeframe} bars, {profile.mode}
            <div className={classes.reasons}>
              <StateReason profile={profile} />
              <LockReasons profile={profile} />
            </div>
          </>
        }
        actions={<ProfileActions profile={profile} />}
      />
      <Money profileId={profileId} />
      <ChartPanel profileId={profileId} />
      <Panel flush className={classes.tabs}>
        <Tabs
          value={tab}
          keepMounted={false}
          onChange={(value) =>
            void navigate({ to: ".", search: { tab: value ?? undefined }, replace: true })
          }
        >
          <ProfileTabs tabs={TABS} active={tab} />
          <Tabs.Panel value="why">
            <Timeline profile={profile} />
          </Tabs.Panel>
          <Tabs.Panel value="positions">
            <OwnPositions profileId={profileId} />
          </Tabs.Panel>
          <Tabs.Panel value="orders">
            <OwnOrders profileId={profileId} />
          </Tabs.Panel>
          <Tabs.Panel value="ledger">
            <Ledger profileId={profileId} currency={profile.capital.currency} />
          </Tabs.Panel>
          <Tabs.Panel value="statistics">
            <Statistics profileId={profileId} />
          </Tabs.Panel>
          <Tabs.Panel value="limits">
            <ProfileLimits profileId={profileId} />
          </Tabs.Panel>
          <Tabs.Panel value="versions">
            <Versions profileId={profileId} />
          </Tabs.Panel>
        </Tabs>
      </Panel>
    </>
  );
}

function Money({ profileId }: { profileId: string }) {
  const profile = useProfile(profileId);
  const isOld = useSilentSince() !== undefined;
  if (profile === undefined) return null;
  const { capital, equity, available, dayProfit, dayProfitPct, unrealizedPnl } = profile;
  const { currency } = capital;
  return (
    <dl className={`${classes.money} ${isOld ? "old" : ""}`}>
      <div>
        <dt>Equity, {currency}</dt>
        <dd>
          <Flash value={equity} className="number">
            {money(equity, currency)}
          </Flash>
        </dd>
      </div>
      <div>
        <dt>Day profit</dt>
        <dd>
          <Profit value={dayProfit} percent={dayProfitPct} currency={currency} flashes />
          <small className="muted">
            <SinceDayStart />
          </small>
        </dd>
      </div>
      <div>
        <dt>Open profit</dt>
        <dd>
          <Profit value={unrealizedPnl} currency={currency} flashes />
        </dd>
      </div>
      <div>
        <dt>Available</dt>
        <dd className="number">{money(available, currency)}</dd>
      </div>
      <div>
        <dt>Allocated</dt>
        <dd className="number">{money(capital.allocated, currency)}</dd>
      </div>
    </dl>
  );
}

function ChartPanel({ profileId }: { profileId: string }) {
  const profile = useProfile(profileId);
  const [chosen, setChosen] = useState<string>();
  if (profile === undefined) return null;
  const symbol = chosen ?? profile.symbols[0];
  if (symbol === undefined) return null;
  return (
    <Panel
      flush
      title={
        profile.symbols.length > 1 ? (
          <Select
            aria-label="Symbol"
            size="xs"
            w={140}
            allowDeselect={false}
            data={profile.symbols}
            value={symbol}
            onChange={(value) => value !== null && setChosen(value)}
          />
        ) : (
          symbol
        )
      }
    >
      <ProfileChart profileId={profileId} symbol={symbol} timeframe={profile.timeframe} />
    </Panel>
  );
}

function OwnPositions({ profileId }: { profileId: string }) {
  const own = usePositions().filter((position) => position.profileId === profileId);
  return (
    <PositionTable
      positions={own}
      empty={
        <Empty title="Nothing is held">What it enters appears here with its live profit.</Empty>
      }
    />
  );
}

function OwnOrders({ profileId }: { profileId: string }) {
  const working = useOrders().filter((order) => order.profileId === profileId && order.working);
  const done = useDoneOrders(profileId);
  return (
    <>
      <OrderTable
        orders={[...working, ...done.orders]}
        empty={<Empty title="No orders yet">Orders that work and that are done appear here.</Empty>}
      />
      <Older query={done.query} />
    </>
  );
}
