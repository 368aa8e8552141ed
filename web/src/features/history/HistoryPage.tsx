/** Closed trades: filtered, by day, and as a file. */
import { Button, Select, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { downloadAll } from "~/api/client";
import type { TradeRow } from "~/api/types";
import { usePreferences } from "~/app/preferences";
import { tradesQuery, type TradeFilter } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { Older, type Paged } from "~/components/Older";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useAction } from "~/components/useAction";
import { plural } from "~/format/words";
import { useProfiles, useSymbols } from "~/realtime/hooks";
import { DayCalendar } from "./DayCalendar";
import { daysOf, endOfDay, startOfDay, totalsByCurrency } from "./days";
import classes from "./History.module.css";
import { TradeTable } from "./TradeTable";

export function HistoryPage() {
  const { profile, symbol, from, to, day } = useSearch({ from: "/history" });
  const navigate = useNavigate();
  const filter: TradeFilter = {
    profile,
    symbol,
    from: from === undefined ? undefined : startOfDay(from),
    to: to === undefined ? undefined : endOfDay(to),
  };
  const query = useInfiniteQuery(tradesQuery(filter));
  const trades = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const days = useMemo(() => daysOf(trades), [trades]);
  const shown = day === undefined ? trades : (days.get(day)?.trades ?? []);
  const change = (changes: Record<string, string | undefined>) =>
    void navigate({
      to: "/history",
      search: { profile, symbol, from, to, day, ...changes },
      replace: true,
    });

  return (
    <>
      <PageHeader title="History" about="Closed trades." actions={<CsvButton filter={filter} />} />
      <Filters filter={{ profile, symbol, from, to }} onChange={change} />
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      {query.isPending ? <Rows rows={8} /> : null}
      {query.data === undefined ? null : trades.length === 0 ? (
        <Panel>
          <Empty title="No closed trade here">
            {profile === undefined && symbol === undefined && from === undefined && to === undefined
              ? "A trade appears as soon as what it entered has been left again."
              : "No trade fits the filter. Take something out of it."}
          </Empty>
        </Panel>
      ) : (
        <div className={classes.grid}>
          <Panel title="By day" actions={<Zone />}>
            <DayCalendar days={days} chosen={day} onChoose={(key) => change({ day: key })} />
            {query.hasNextPage ? (
              <p className={`${classes.note} muted`}>
                Of the {trades.length} trades loaded so far; older days need more.
              </p>
            ) : null}
          </Panel>
          <Closed
            trades={shown}
            day={day}
            query={query}
            onAllDays={() => change({ day: undefined })}
          />
        </div>
      )}
    </>
  );
}

/** Whose midnight parts the days. */
function Zone() {
  const { timeZone } = usePreferences();
  return (
    <Link to="/settings" title="Each day begins at midnight of this zone; Settings has the choice.">
      Days of {timeZone}
    </Link>
  );
}

/** The trades of a day, or all that are loaded. */
function Closed(props: {
  trades: TradeRow[];
  day: string | undefined;
  query: Paged;
  onAllDays: () => void;
}) {
  const { trades, day, query, onAllDays } = props;
  const count = plural(trades.length, "trade");
  return (
    <Panel
      flush
      title={
        day === undefined ? `${count}${query.hasNextPage ? " and more" : ""}` : `${count} on ${day}`
      }
      actions={
        <>
          {trades.length > 0 ? <Sum trades={trades} /> : null}
          {day === undefined ? null : (
            <Button size="compact-xs" variant="default" onClick={onAllDays}>
              All days
            </Button>
          )}
        </>
      }
    >
      {trades.length === 0 && day !== undefined ? (
        <EmptyDay day={day} hasOlder={query.hasNextPage} />
      ) : null}
      <TradeTable trades={trades} />
      <Older query={query} label="Load older trades" />
    </Panel>
  );
}

function EmptyDay({ day, hasOlder }: { day: string; hasOlder: boolean }) {
  return (
    <Empty title={`No trade was closed on ${day}`}>
      {hasOlder
        ? "Older trades are not loaded yet; load them, or choose another day."
        : "Choose another day in the calendar, or all days."}
    </Empty>
  );
}

function Filters(props: {
  filter: TradeFilter;
  onChange: (changes: Record<string, string | undefined>) => void;
}) {
  const { filter, onChange } = props;
  const profiles = useProfiles();
  const symbols = useSymbols();
  return (
    <div className={classes.filters}>
      <Select
        label="Profile"
        placeholder="All"
        clearable
        data={profiles.map(({ id, name }) => ({ value: id, label: name }))}
        value={filter.profile ?? null}
        onChange={(value) => onChange({ profile: value ?? undefined, day: undefined })}
      />
      <Select
        label="Symbol"
        placeholder="All"
        clearable
        searchable
        data={symbols}
        value={filter.symbol ?? null}
        onChange={(value) => onChange({ symbol: value ?? undefined, day: undefined })}
      />
      <TextInput
        label="From"
        type="date"
        value={filter.from ?? ""}
        onChange={({ currentTarget }) => onChange({ from: currentTarget.value || undefined })}
      />
      <TextInput
        label="To"
        type="date"
        value={filter.to ?? ""}
        onChange={({ currentTarget }) => onChange({ to: currentTarget.value || undefined })}
      />
    </div>
  );
}

function Sum({ trades }: { trades: { pnl: string; currency: string }[] }) {
  const totals = [...totalsByCurrency(trades)];
  return (
    <span className={classes.sums}>
      {totals.map(([currency, value]) => (
        <Profit key={currency} value={value} currency={currency} showCurrency />
      ))}
    </span>
  );
}

function CsvButton({ filter }: { filter: TradeFilter }) {
  const save = useAction(async () => {
    const query = new URLSearchParams(
      Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    query.set("limit", "200");
    const blob = await downloadAll(`/api/trades.csv?${query.toString()}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "ballast-trades.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        loading={save.isRunning}
        onClick={() => save.run(undefined)}
      >
        CSV
      </Button>
      <ProblemNote error={save.error} />
    </>
  );
}
