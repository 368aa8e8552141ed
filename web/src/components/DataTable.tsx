/** Rows as a table on the desktop and as cards on the phone; long ones are drawn in part only. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";
import { useIsPhone } from "./screen";
import classes from "./DataTable.module.css";

export interface Column<T> {
  key: string;
  header: ReactNode;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the end, so that their points are below each other. */
  numeric?: boolean;
  /** Takes what is left, and is cut rather than wrapped. */
  wide?: boolean;
  /** Stays in view at the end while the rest scrolls sideways: what can be done with a row. */
  pinned?: boolean;
  /** Is wrapped rather than cut: what it says matters whole. */
  wraps?: boolean;
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** What the phone shows; without it the table scrolls sideways. */
  card?: (row: T) => ReactNode;
  empty?: ReactNode;
  onOpen?: (row: T) => void;
}

/** From here on only the rows in view are drawn. */
const VIRTUAL_FROM = 50;
const ROW_HEIGHT = 32;
const CARD_HEIGHT = 92;

export function DataTable<T>(props: TableProps<T>) {
  const isPhone = useIsPhone();
  if (props.rows.length === 0) return props.empty ?? null;
  return isPhone && props.card !== undefined ? (
    <Cards {...props} card={props.card} />
  ) : (
    <Table {...props} />
  );
}

function Table<T>({ label, columns, rows, rowKey, onOpen }: TableProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const isVirtual = rows.length > VIRTUAL_FROM;
  const { shown, first, before, after, measure } = useWindow(rows, scroller, isVirtual, ROW_HEIGHT);
  return (
    <div
      ref={scroller}
      className={`${classes.scroller} ${isVirtual ? classes.tall : ""}`}
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table className={classes.table} aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={lookOfHead(column)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} columns={columns.length} />
          {shown.map((row, index) => (
            <tr
              key={rowKey(row)}
              ref={measure}
              data-index={first + index}
              className={onOpen === undefined ? undefined : classes.open}
              onClick={(event) => {
                if (!isControl(event.target)) onOpen?.(row);
              }}
            >
              {columns.map((column) => (
                <td key={column.key} className={lookOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          <Spacer height={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function lookOfHead<T>({ numeric, pinned }: Column<T>): string {
  const looks = [numeric === true ? classes.numeric : "", pinned === true ? classes.pinned : ""];
  return looks.filter(Boolean).join(" ");
}

function lookOf<T>(column: Column<T>): string {
  const { wide, wraps } = column;
  const looks = [
    lookOfHead(column),
    wide === true ? classes.wide : "",
    wraps === true ? classes.wraps : "",
  ];
  return looks.filter(Boolean).join(" ");
}

function Cards<T>(props: TableProps<T> & { card: (row: T) => ReactNode }) {
  const { label, rows, rowKey, card, onOpen } = props;
  const scroller = useRef<HTMLUListElement>(null);
  const isVirtual = rows.length > VIRTUAL_FROM;
  const { shown, first, before, after, measure } = useWindow(
    rows,
    scroller,
    isVirtual,
    CARD_HEIGHT,
  );
  return (
    <ul
      ref={scroller}
      className={`${classes.cards} ${isVirtual ? classes.tall : ""}`}
      aria-label={label}
    >
      <li style={{ height: before }} aria-hidden hidden={before === 0} />
      {shown.map((row, index) => (
        <li
          key={rowKey(row)}
          ref={measure}
          data-index={first + index}
          className={classes.card}
          onClick={(event) => {
            if (!isControl(event.target)) onOpen?.(row);
          }}
        >
          {card(row)}
        </li>
      ))}
      <li style={{ height: after }} aria-hidden hidden={after === 0} />
    </ul>
  );
}

interface Window<T> {
  shown: readonly T[];
  /** The place of the first of them. */
  first: number;
  /** The heights of what is left out. */
  before: number;
  after: number;
  /** Tells how tall a row is, when that has to be known. */
  measure?: (row: HTMLElement | null) => void;
}

/** The part of the rows that is in view. */
function useWindow<T>(
  rows: readonly T[],
  scroller: React.RefObject<HTMLElement | null>,
  isVirtual: boolean,
  rowHeight: number,
): Window<T> {
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoised
  const virtualizer = useVirtualizer({
    count: isVirtual ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  if (!isVirtual) return { shown: rows, first: 0, before: 0, after: 0 };
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items[items.length - 1];
  if (first === undefined || last === undefined) {
    // Without a height there would be no view that any of them could come into.
    return { shown: [], first: 0, before: 0, after: virtualizer.getTotalSize() };
  }
  return {
    shown: rows.slice(first.index, last.index + 1),
    first: first.index,
    before: first.start,
    after: virtualizer.getTotalSize() - last.end,
    measure: virtualizer.measureElement,
  };
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height === 0) return null;
  return (
    <tr aria-hidden style={{ height }}>
      <td colSpan={columns} className={classes.spacer} />
    </tr>
  );
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input") !== null;
}

/** Two lines with something at the end: what most cards look like. */
export function CardLines(props: {
  title: ReactNode;
  value: ReactNode;
  detail?: ReactNode;
  valueDetail?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <>
      <div className={classes.cardLine}>
        <strong>{props.title}</strong>
        <span className="number">{props.value}</span>
      </div>
      <div className={`${classes.cardLine} muted`}>
        <span>{props.detail}</span>
        <span className="number">{props.valueDetail}</span>
      </div>
      {props.actions === undefined ? null : (
        <div className={classes.cardActions}>{props.actions}</div>
      )}
    </>
  );
}
