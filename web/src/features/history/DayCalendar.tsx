/** A month of daily profit; a day is chosen to see its trades. */
import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useIsPhone } from "~/components/screen";
import { shownSign, signedCompact, signedMoney } from "~/format/number";
import { plural } from "~/format/words";
import { neighbour, weeksOf, type DayResult } from "./days";
import classes from "./History.module.css";

interface DayCalendarProps {
  days: Map<string, DayResult>;
  chosen: string | undefined;
  onChoose: (day: string | undefined) => void;
}

const WEEKDAYS = Array.from({ length: 7 }, (_, index) =>
  // 2024-01-01 was a Monday.
  new Intl.DateTimeFormat(undefined, { weekday: "short", timeZone: "UTC" }).format(
    Date.UTC(2024, 0, 1 + index),
  ),
);

export function DayCalendar({ days, chosen, onChoose }: DayCalendarProps) {
  const newest = [...days.keys()].sort().at(-1) ?? new Date().toISOString().slice(0, 10);
  const [month, setMonth] = useState((chosen ?? newest).slice(0, 7));
  const title = new Intl.DateTimeFormat(undefined, {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${month}-01T00:00:00Z`));
  return (
    <div>
      <div className={classes.month}>
        <ActionIcon aria-label="The month before" onClick={() => setMonth(neighbour(month, -1))}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <strong aria-live="polite">{title}</strong>
        <ActionIcon aria-label="The month after" onClick={() => setMonth(neighbour(month, 1))}>
          <IconChevronRight size={16} />
        </ActionIcon>
      </div>
      <table className={classes.calendar}>
        <thead>
          <tr>
            {WEEKDAYS.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week, index) => (
            <tr key={index}>
              {week.map((day, weekday) => (
                <td key={day ?? weekday}>
                  {day === undefined ? null : (
                    <Day
                      day={day}
                      result={days.get(day)}
                      isChosen={day === chosen}
                      onChoose={onChoose}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Day(props: {
  day: string;
  result: DayResult | undefined;
  isChosen: boolean;
  onChoose: (day: string | undefined) => void;
}) {
  const { day, result, isChosen, onChoose } = props;
  // A cell of the phone has room for a few digits, and an amount that is cut misleads.
  const amount = useIsPhone() ? signedCompact : signedMoney;
  const number = Number(day.slice(8));
  if (result === undefined) return <span className={classes.quiet}>{number}</span>;
  const totals = [...result.totals];
  const [currency, total] = totals[0] ?? [undefined, "0"];
  const words = totals.map(([of, each]) => `${signedMoney(each, of)} ${of}`);
  return (
    <button
      type="button"
      className={classes.day}
      data-sign={totals.length > 1 ? "mixed" : shownSign(total, currency)}
      aria-pressed={isChosen}
      aria-label={`${day}: ${words.join(", ")} in ${plural(result.trades.length, "trade")}`}
      onClick={() => onChoose(isChosen ? undefined : day)}
    >
      <span>{number}</span>
      <b className="number">{totals.length > 1 ? "…" : amount(total, currency)}</b>
    </button>
  );
}
