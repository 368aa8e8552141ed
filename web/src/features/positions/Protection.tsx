/** What protects an open trade: each part with where it stands, what it closes and who holds it. */
import { useState } from "react";
import type { PartWord, PositionRow } from "~/api/types";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { heldOf, heldSentences, isAtVenue, partName } from "~/components/heldParts";
import { Empty, Panel } from "~/components/Panel";
import { stopOf } from "~/components/tradeMarks";
import { useIsPhone } from "~/components/screen";
import { compare, signOf } from "~/format/decimal";
import { price, quantity, share } from "~/format/number";
import { spoken } from "~/format/words";
import { useTickSize } from "~/realtime/hooks";
import classes from "./Positions.module.css";
import { standingTargets } from "./positionLevels";
import { LevelsButton, LevelsDialog } from "./StopAndTargets";

/** Its dialog outlives the position, to say that it is closed meanwhile. */
export function Protection({ position }: { position: PositionRow | undefined }) {
  const [asked, setAsked] = useState<PositionRow>();
  return (
    <>
      {position === undefined ? null : (
        <ProtectionPanel position={position} onAsk={() => setAsked(position)} />
      )}
      <LevelsDialog position={asked} onDone={() => setAsked(undefined)} />
    </>
  );
}

function ProtectionPanel({ position, onAsk }: { position: PositionRow; onAsk: () => void }) {
  const isPhone = useIsPhone();
  const tick = useTickSize(position.symbol);
  const sentences = heldSentences(heldOf(position));
  return (
    <Panel
      title="Protection"
      flush
      actions={isPhone ? undefined : <LevelsButton symbol={position.symbol} onAsk={onAsk} />}
    >
      <DataTable
        label="Protection"
        columns={COLUMNS}
        rows={partsOf(position, tick)}
        rowKey={({ what }) => what}
        card={({ what, at, closes, holder }) => (
          <CardLines
            title={what}
            value={at}
            detail={holder && HOLDERS[holder].sentence}
            valueDetail={closes}
          />
        )}
        empty={
          <Empty title="Nothing protects it">
            {isPhone
              ? "Give it a stop and targets on the desktop, or close it among the positions."
              : "Give it a stop and targets."}
          </Empty>
        }
      />
      {sentences.length === 0 ? null : <p className={classes.heldNote}>{sentences.join(" ")}</p>}
    </Panel>
  );
}

interface Part {
  what: string;
  at: string;
  closes: string;
  /** Nobody where it has closed all of its own. */
  holder: keyof typeof HOLDERS | undefined;
}

const HOLDERS = {
  venue: { name: "The venue", sentence: "Held by the venue" },
  ballast: { name: "Ballast, while it runs", sentence: "Kept by Ballast, while it runs" },
};

const COLUMNS: Column<Part>[] = [
  { key: "what", header: "What", cell: ({ what }) => what },
  { key: "at", header: "At", numeric: true, cell: ({ at }) => at },
  { key: "closes", header: "Closes", numeric: true, cell: ({ closes }) => closes },
  { key: "holder", header: "Held by", cell: ({ holder }) => (holder ? HOLDERS[holder].name : "–") },
];

const MOVERS: readonly PartWord[] = ["trail", "breakEven", "barLimit"];

function partsOf(position: PositionRow, tick: string | undefined): Part[] {
  const stop = stopOf(position);
  const holder = (part: PartWord) =>
    isAtVenue(position, part) ? ("venue" as const) : ("ballast" as const);
  const standing = standingTargets(position);
  const targets = position.targets.map((target) => ({
    what: `Target ${target.number}`,
    at: price(target.level, tick),
    closes: closesOf(target),
    holder: standing.includes(target) ? holder("targets") : undefined,
  }));
  const movers = MOVERS.filter((part) =>
    [...position.atVenue, ...position.emulated].includes(part),
  ).map((part) => ({ what: partName(part), at: "–", closes: "–", holder: holder(part) }));
  return [
    ...(stop === undefined
      ? []
      : [
          {
            what: spoken(stop.kind),
            at: price(stop.level, tick),
            closes: "What is left",
            holder: holder("stop"),
          },
        ]),
    ...targets,
    ...movers,
  ];
}

function closesOf({ quantity: units, portion, filled }: PositionRow["targets"][number]): string {
  const closed = signOf(filled) > 0 ? `${quantity(filled)} closed` : "";
  if (compare(filled, units) >= 0) return closed === "" ? "–" : closed;
  return `${quantity(units)} (${share(portion)})${closed === "" ? "" : `, ${closed}`}`;
}
