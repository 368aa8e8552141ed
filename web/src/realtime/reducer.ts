/**
 * What the server has said so far, as rows by their keys. Nothing is computed here: rows are
 * stored as they come, and a gap in the sequence asks for the whole state anew.
 */
import type {
  AlertRow,
  BotState,
  Control,
  EvaluationRow,
  Health,
  OrderRow,
  PositionRow,
  ProfileRow,
  Settings,
  SymbolRow,
  TradeRow,
} from "~/api/types";
import type { EventMessage, Marks, Message, Rows, Tick } from "./messages";

type ById<T> = Readonly<Record<string, T>>;

export interface LiveState {
  /** Minus one until the first state has come. */
  seq: number;
  tenantId: string;
  /** When the server said what is shown. */
  at: string | undefined;
  /** Some messages were missed: what is shown holds until a fresh state comes. */
  behind: boolean;
  profiles: ById<ProfileRow>;
  orders: ById<OrderRow>;
  positions: ById<PositionRow>;
  trades: ById<TradeRow>;
  alerts: ById<AlertRow>;
  symbols: ById<SymbolRow>;
  /** The latest of each profile and symbol. */
  evaluations: ById<EvaluationRow>;
  health: Health | undefined;
  control: Control | undefined;
  settings: Settings | undefined;
}

/** Lists whose members are subscribed to one by one. */
export type Table = keyof Rows;

/** What changed: `profiles` for the list of ids, `profiles/prf_1` for one row. */
export type Key = string;

export interface Reduction {
  state: LiveState;
  changed: ReadonlySet<Key>;
}

/** More of these are not kept; older ones are asked for where they are shown. */
const RECENT_LIMIT = 200;

export const EMPTY: LiveState = {
  seq: -1,
  tenantId: "",
  at: undefined,
  behind: false,
  profiles: {},
  orders: {},
  positions: {},
  trades: {},
  alerts: {},
  symbols: {},
  evaluations: {},
  health: undefined,
  control: undefined,
  settings: undefined,
};

export function evaluationKey(profileId: string, symbol: string): string {
  return `${profileId}|${symbol}`;
}

/** Folds messages in the order in which they came. */
export function reduce(before: LiveState, messages: readonly Message[]): Reduction {
  const changed = new Set<Key>();
  let state = before;
  for (const message of messages) state = step(state, message, changed);
  return { state, changed };
}

function step(state: LiveState, message: Message, changed: Set<Key>): LiveState {
  switch (message.type) {
    case "state":
      return whole(message.state, changed);
    case "event":
      return applyEvent(state, message.event, changed);
    case "tick":
      return applyTick(state, message.tick, changed);
    case "marks":
      return applyMarks(state, message.marks, changed);
    case "evaluation":
      return applyEvaluation(state, message.evaluation, changed);
    case "health":
      changed.add("health");
      return { ...state, health: message.health };
    case "control":
      return applyControl(state, message.control, changed);
    case "alert":
      return upsert(state, "alerts", [message.alert], changed);
  }
}

function whole(said: BotState, changed: Set<Key>): LiveState {
  changed.add("*");
  const evaluations: Record<string, EvaluationRow> = {};
  for (const evaluation of said.profiles.flatMap((profile) => profile.evaluations)) {
    evaluations[evaluationKey(evaluation.profileId, evaluation.symbol)] = evaluation;
  }
  return {
    seq: said.seq,
    tenantId: said.tenantId,
    at: said.at,
    behind: false,
    profiles: byKey("profiles", said.profiles),
    orders: byKey("orders", said.orders),
    positions: byKey("positions", said.positions),
    trades: byKey("trades", said.trades),
    alerts: byKey("alerts", said.alerts),
    symbols: said.symbols,
    evaluations,
    health: said.health,
    control: said.control,
    settings: said.settings,
  };
}

function applyEvent(state: LiveState, event: EventMessage, changed: Set<Key>): LiveState {
  // A repeated or overtaken message; the state that came since has it.
  if (event.seq <= state.seq) return state;
  if (event.prevSeq !== state.seq) {
    if (state.behind) return state;
    changed.add("behind");
    return { ...state, behind: true };
  }
  let next: LiveState = { ...state, seq: event.seq };
  for (const table of TABLES) {
    next = upsert(next, table, event.upserts[table] ?? [], changed);
    next = remove(next, table, event.removes[table] ?? [], changed);
  }
  changed.add("seq");
  return next;
}

function applyTick(state: LiveState, { symbol, price, at }: Tick, changed: Set<Key>): LiveState {
  const row = state.symbols[symbol];
  if (row === undefined || (row.at !== undefined && row.at > at)) return state;
  changed.add(`symbols/${symbol}`);
  const moved = { ...row, price, at, stale: false };
  const latest = state.at === undefined || at > state.at ? at : state.at;
  return { ...state, at: latest, symbols: { ...state.symbols, [symbol]: moved } };
}

function applyMarks(state: LiveState, marks: Marks, changed: Set<Key>): LiveState {
  const profiles = { ...state.profiles };
  for (const mark of marks.profiles ?? []) {
    const row = profiles[mark.id];
    if (row === undefined) continue;
    profiles[mark.id] = { ...row, ...mark };
    changed.add(`profiles/${mark.id}`);
  }
  const positions = { ...state.positions };
  for (const mark of marks.positions ?? []) {
    const row = positions[mark.tradeId];
    if (row === undefined) continue;
    positions[mark.tradeId] = { ...row, ...mark };
    changed.add(`positions/${mark.tradeId}`);
  }
  changed.add("marks");
  return { ...state, profiles, positions };
}

function applyEvaluation(
  state: LiveState,
  evaluation: EvaluationRow,
  changed: Set<Key>,
): LiveState {
  const key = evaluationKey(evaluation.profileId, evaluation.symbol);
  const known = state.evaluations[key];
  if (known !== undefined && known.at > evaluation.at) return state;
  changed.add(`evaluations/${key}`);
  changed.add(`evaluationsOf/${evaluation.profileId}`);
  return { ...state, evaluations: { ...state.evaluations, [key]: evaluation } };
}

/** A version that is older than what is known came late and is not followed. */
function applyControl(state: LiveState, control: Control, changed: Set<Key>): LiveState {
  if (state.control !== undefined && state.control.version > control.version) return state;
  changed.add("control");
  return { ...state, control };
}

const TABLES: readonly Table[] = ["profiles", "orders", "positions", "trades", "alerts"];

function keyOf(table: Table, row: Rows[Table][number]): string {
  return table === "positions" ? (row as PositionRow).tradeId : (row as { id: string }).id;
}

function byKey<T extends Table>(table: T, rows: Rows[T]): Record<string, Rows[T][number]> {
  return Object.fromEntries(rows.map((row) => [keyOf(table, row), row]));
}

function upsert<T extends Table>(
  state: LiveState,
  table: T,
  rows: Rows[T],
  changed: Set<Key>,
): LiveState {
  if (rows.length === 0) return state;
  const next = { ...state[table] } as Record<string, Rows[T][number]>;
  for (const row of rows) {
    const key = keyOf(table, row);
    next[key] = row;
    changed.add(`${table}/${key}`);
  }
  changed.add(table);
  return { ...state, [table]: bounded(table, next) };
}

function remove(state: LiveState, table: Table, keys: string[], changed: Set<Key>): LiveState {
  if (keys.length === 0) return state;
  const next: Record<string, unknown> = { ...state[table] };
  for (const key of keys) {
    Reflect.deleteProperty(next, key);
    changed.add(`${table}/${key}`);
  }
  changed.add(table);
  return { ...state, [table]: next };
}

/** Keeps what is open, and of what is over the newest. */
function bounded<T extends Table>(
  table: T,
  rows: Record<string, Rows[T][number]>,
): Record<string, Rows[T][number]> {
  const keys = Object.keys(rows);
  if (table === "profiles" || table === "positions" || keys.length <= RECENT_LIMIT) return rows;
  // A picture comes newest first, and what follows it is newer still.
  const over = keys.filter((key) => !isOpen(rows[key]));
  over.sort((a, b) => timeOf(rows[a]).localeCompare(timeOf(rows[b])));
  for (const key of over.slice(0, Math.max(0, keys.length - RECENT_LIMIT))) {
    Reflect.deleteProperty(rows, key);
  }
  return rows;
}

function timeOf(row: Rows[Table][number] | undefined): string {
  if (row === undefined) return "";
  if ("closedAt" in row) return row.closedAt;
  if ("updatedAt" in row) return row.updatedAt;
  return "at" in row ? row.at : "";
}

function isOpen(row: Rows[Table][number] | undefined): boolean {
  return row !== undefined && "working" in row && row.working;
}
