/** How everything stands, on one page. */
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { performanceQuery } from "~/app/queries";
import { Flash, Profit } from "~/components/Amount";
import { SinceDayStart } from "~/components/DayStart";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { CURVE_WORDS, spanWords, type CurveKind } from "~/components/profitCurve";
import type { Range } from "~/components/range";
import { RangeChoice } from "~/components/RangeChoice";
import { useIsPhone } from "~/components/screen";
import { CurveChoice, WorthCurve } from "~/components/WorthCurve";
import { AlertLine } from "~/features/alerts/AlertLine";
import { ProfileTable } from "~/features/strategies/ProfileTable";
import { money } from "~/format/number";
import { plural } from "~/format/words";
import {
  useAlerts,
  useMarkedPositions,
  useMarkedProfiles,
  useProfiles,
  useSilentSince,
} from "~/realtime/hooks";
import classes from "./Home.module.css";
import { totalsOf } from "./totals";

// As many as stand beside the curve without making the row taller.
const ALERTS_SHOWN = 3;

export function HomePage() {
  const profiles = useProfiles();
  const navigate = useNavigate();
  const isPhone = useIsPhone();
  return (
    <>
      <PageHeader
        title="Home"
        actions={
          isPhone ? undefined : (
            <Button
              variant="default"
              onClick={() => void navigate({ to: "/positions", search: { ticket: "new" } })}
            >
              New order
            </Button>
          )
        }
      />
      {profiles.length === 0 ? (
        <Panel>
          <Empty
            title="Nothing trades yet"
            action={<Link to="/strategies/new">Make the first profile</Link>}
          >
            A profile is a trading account with its own rules, capital and limits. Make one from an
            example: it trades on paper.
          </Empty>
        </Panel>
      ) : (
        <div className={classes.grid}>
          <Standing />
          <CurvePanel />
          <AlertsPanel />
          <Panel
            title="Profiles"
            flush
            className={classes.full}
            actions={<Link to="/strategies">All strategies</Link>}
          >
            <ProfileTable profiles={profiles} />
          </Panel>
        </div>
      )}
    </>
  );
}

/** Equity, day profit and open risk, by currency. */
function Standing() {
  const totals = totalsOf(useMarkedProfiles(), useMarkedPositions());
  const isOld = useSilentSince() !== undefined;
  return (
    <div className={`${classes.standing} ${isOld ? "old" : ""}`}>
      {totals.map((total) => {
        const { currency, equity, dayProfit, unrealized, openRisk, unprotected, positions } = total;
        return (
          <dl key={currency} className={classes.figures}>
            <div>
              <dt>Equity, {currency}</dt>
              <dd>
                <Flash value={equity} className="number">
                  {money(equity, currency)}
                </Flash>
              </dd>
            </div>
            <div>
              <dt>Day profit, {currency}</dt>
              <dd>
                <Profit value={dayProfit} currency={currency} flashes />
                <small className="muted">
                  <SinceDayStart />
                </small>
              </dd>
            </div>
            <div>
              <dt>Open profit, {currency}</dt>
              <dd>
                <Profit value={unrealized} currency={currency} flashes />
              </dd>
            </div>
            <div title="What is lost if every stop is hit at its level, all fees counted.">
              <dt>Open risk, {currency}</dt>
              <dd>
                <span className="number">{money(openRisk, currency)}</span>
                <small className="muted">
                  {plural(positions, "position")}, fees counted
                  {unprotected > 0 ? `, ${unprotected} without a stop` : ""}
                </small>
              </dd>
            </div>
          </dl>
        );
      })}
    </div>
  );
}

const CURVE_TITLES: Record<CurveKind, string> = { equity: "Equity", profit: "Profit" };

function CurvePanel() {
  const isPhone = useIsPhone();
  const [kind, setKind] = useState<CurveKind>("equity");
  const [range, setRange] = useState<Range>("day");
  const [chosen, setChosen] = useState<string>();
  const { data: all, error, isPending, refetch } = useQuery(performanceQuery(range));
  const data = all?.find(({ currency }) => currency === chosen) ?? all?.[0];
  const currencies = all?.map(({ currency }) => currency) ?? [];
  return (
    <Panel
      title={[CURVE_TITLES[kind], data?.currency].filter(Boolean).join(", ")}
      className={classes.equity}
      actions={
        <>
          {data === undefined || currencies.length < 2 ? null : (
            <SegmentedControl
              aria-label="Currency"
              size="xs"
              data={currencies}
              value={data.currency}
              onChange={setChosen}
            />
          )}
          <CurveChoice value={kind} onChange={setKind} />
          <RangeChoice value={range} onChange={setRange} />
        </>
      }
    >
      <p className={`muted ${classes.range}`}>
        {spanWords(range, data?.points ?? [])}. {CURVE_WORDS[kind]}
      </p>
      <ProblemNote error={error} onRetry={() => void refetch()} />
      {isPending ? <Rows /> : null}
      {data === undefined ? null : data.points.length < 2 ? (
        <Empty title="The curve begins with the first trades">
          Every fill and every bar adds a point.
        </Empty>
      ) : (
        <WorthCurve kind={kind} performance={data} range={range} height={isPhone ? 180 : 264} />
      )}
    </Panel>
  );
}

function AlertsPanel() {
  const open = useAlerts().filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  return (
    <Panel title="Alerts" flush actions={<Link to="/alerts">All alerts</Link>}>
      {open.length === 0 ? (
        <Empty title="Nothing waits for you">
          Stops and targets that were reached, entries and orders that were refused, locks of
          entries, pauses of trading and profiles that wait for you appear here.
        </Empty>
      ) : (
        open.slice(0, ALERTS_SHOWN).map((alert) => <AlertLine key={alert.id} alert={alert} />)
      )}
    </Panel>
  );
}
