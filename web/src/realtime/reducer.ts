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
  Marks,
  OrderRow,
  PositionRow,
  ProfileRow,
  Settings,
  SymbolRow,
  Tick,
  TradeRow,
  Update,
  UpdateRows,
} from "~/api/types";
import type { Message } from "./messages";
import { feedHeardAt, isFeedDead, isOld } from "./staleness";

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
  /** When a price of each symbol was heard last, by this browser's clock in milliseconds. */
  heardAt: ById<number>;
  /** When health was heard last, by the same clock. */
  healthAt: number;
  /** Since when the market's data does not come in; undefined while it does. */
  silentSince: number | undefined;
  /** The latest of each profile and symbol. */
  evaluations: ById<EvaluationRow>;
  health: Health | undefined;
  control: Control | undefined;
  settings: Settings | undefined;
}

/** Lists whose members are subscribed to one by one. */
export type Table = keyof UpdateRows;

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
  heardAt: {},
  healthAt: 0,
  silentSince: undefined,
  evaluations: {},
  health: undefined,
  control: undefined,
  settings: undefined,
};

export function evaluationKey(profileId: string, symbol: string): string {
  return `${profileId}|${symbol}`;
}

/** Folds messages in the order in which they came; `now` is the browser's clock in milliseconds. */
export function reduce(before: LiveState, messages: readonly Message[], now: number): Reduction {
  const draft = new Draft(before);
  for (const message of messages) step(draft, message, now);
  return draft;
}

type TableName = Table | "symbols" | "heardAt" | "evaluations";

/** The state while it is folded: each table is copied once, however many messages change it. */
class Draft implements Reduction {
  readonly changed = new Set<Key>();
  readonly #copied = new Set<TableName>();

  constructor(public state: LiveState) {}

  set(changes: Partial<LiveState>): void {
    this.state = { ...this.state, ...changes };
  }

  /** A table that may be written to. */
  table<T extends TableName>(name: T): Record<string, LiveState[T][string]> {
    if (!this.#copied.has(name)) {
      this.#copied.add(name);
      this.set({ [name]: { ...this.state[name] } });
    }
    return this.state[name] as Record<string, LiveState[T][string]>;
  }
}

function step(draft: Draft, message: Message, now: number): void {
  switch (message.type) {
    case "state":
      return whole(draft, message.state, message.heardAt ?? now, now);
    case "event":
      return applyEvent(draft, message.event);
    case "tick":
      return applyTick(draft, message.tick, now);
    case "marks":
      return applyMarks(draft, message.marks);
    case "evaluation":
      return applyEvaluation(draft, message.evaluation);
    case "health":
      draft.set({ health: message.health, healthAt: now });
      draft.changed.add("health");
      return applyTime(draft, now);
    case "control":
      return applyControl(draft, message.control);
    case "alert":
      return upsert(draft, "alerts", [message.alert]);
    case "time":
      return applyTime(draft, now);
  }
}

function whole(draft: Draft, said: BotState, saidAt: number, now: number): void {
  const before = draft.state;
  const evaluations: Record<string, EvaluationRow> = {};
  for (const evaluation of said.profiles.flatMap((profile) => profile.evaluations)) {
    evaluations[evaluationKey(evaluation.profileId, evaluation.symbol)] = evaluation;
  }
  const heardAt: Record<string, number> = {};
  for (const { symbol, at, stale } of Object.values(said.symbols)) {
    const known = before.symbols[symbol]?.at === at ? before.heardAt[symbol] : undefined;
    heardAt[symbol] = known ?? (stale ? feedHeardAt(said.health, saidAt) : saidAt);
  }
  draft.changed.add("*");
  draft.set({
    seq: said.seq,
    tenantId: said.tenantId,
    at: said.at,
    behind: false,
    profiles: byKey("profiles", said.profiles),
    orders: byKey("orders", said.orders),
    positions: byKey("positions", said.positions),
    trades: byKey("trades", said.trades),
    alerts: byKey("alerts", said.alerts),
    symbols: { ...said.symbols },
    heardAt,
    evaluations,
    health: said.health,
    healthAt: saidAt,
    control: said.control,
    settings: said.settings,
  });
  applyTime(draft, now);
}

function applyEvent(draft: Draft, event: Update): void {
  const { seq, behind } = draft.state;
  // A repeated or overtaken message; the state that came since has it.
  if (event.seq <= seq) return;
  if (event.prevSeq !== seq) {
    if (behind) return;
    draft.changed.add("behind");
    draft.set({ behind: true });
    return;
  }
  for (const table of TABLES) {
    upsert(draft, table, event.upserts[table] ?? []);
  }
  for (const table of REMOVED_FROM) remove(draft, table, event.removes[table] ?? []);
  draft.set({ seq: event.seq });
  draft.changed.add("seq");
}

function applyTick(draft: Draft, tick: Tick, now: number): void {
  const { symbol, at } = tick;
  const row = draft.state.symbols[symbol];
  if (row === undefined || (row.at !== undefined && row.at > at)) return;
  draft.table("symbols")[symbol] = { ...row, ...tick, stale: false };
  draft.table("heardAt")[symbol] = now;
  draft.changed.add(`symbols/${symbol}`);
  const known = draft.state.at;
  if (known === undefined || at > known) draft.set({ at });
}

/** A price that nothing has confirmed for a while is old, also when nobody says so. */
function applyTime(draft: Draft, now: number): void {
  const { symbols, heardAt, health, healthAt, silentSince } = draft.state;
  const lastHeard = Math.max(0, ...Object.values(heardAt));
  const isDead = isFeedDead(health, healthAt, lastHeard, now);
  for (const [symbol, row] of Object.entries(symbols)) {
    // Only a new price makes it young again.
    if (row.stale || row.price === undefined || !isOld(heardAt[symbol] ?? 0, isDead, now)) continue;
    draft.table("symbols")[symbol] = { ...row, stale: true };
    draft.changed.add(`symbols/${symbol}`);
  }
  const since = isDead ? Math.max(lastHeard, feedHeardAt(health, healthAt)) : undefined;
  if ((since === undefined) === (silentSince === undefined)) return;
  draft.set({ silentSince: since });
  draft.changed.add("silence");
}

function applyMarks(draft: Draft, { profiles, positions }: Marks): void {
  for (const mark of profiles) {
    const row = draft.state.profiles[mark.id];
    if (row === undefined) continue;
    draft.table("profiles")[mark.id] = { ...row, ...mark };
    draft.changed.add(`profiles/${mark.id}`);
  }
  for (const mark of positions) {
    const row = draft.state.positions[mark.tradeId];
    if (row === undefined) continue;
    draft.table("positions")[mark.tradeId] = { ...row, ...mark };
    draft.changed.add(`positions/${mark.tradeId}`);
  }
  draft.changed.add("marks");
}

function applyEvaluation(draft: Draft, evaluation: EvaluationRow): void {
  const key = evaluationKey(evaluation.profileId, evaluation.symbol);
  const known = draft.state.evaluations[key];
  if (known !== undefined && known.at > evaluation.at) return;
  draft.table("evaluations")[key] = evaluation;
  draft.changed.add(`evaluations/${key}`);
  draft.changed.add(`evaluationsOf/${evaluation.profileId}`);
}

/** A version that is older than what is known came late and is not followed. */
function applyControl(draft: Draft, control: Control): void {
  const known = draft.state.control;
  if (known !== undefined && known.version > control.version) return;
  draft.set({ control });
  draft.changed.add("control");
}

const TABLES: readonly Table[] = ["profiles", "orders", "positions", "trades", "alerts"];

/** Orders and alerts leave their lists by becoming old. */
const REMOVED_FROM: readonly (keyof Update["removes"])[] = ["profiles", "positions", "trades"];

function keyOf(table: Table, row: UpdateRows[Table][number]): string {
  return table === "positions" ? (row as PositionRow).tradeId : (row as { id: string }).id;
}

function byKey<T extends Table>(
  table: T,
  rows: UpdateRows[T],
): Record<string, UpdateRows[T][number]> {
  return Object.fromEntries(rows.map((row) => [keyOf(table, row), row]));
}

function upsert<T extends Table>(draft: Draft, table: T, rows: UpdateRows[T]): void {
  if (rows.length === 0) return;
  const next = draft.table(table) as Record<string, UpdateRows[T][number]>;
  for (const row of rows) {
    const key = keyOf(table, row);
    next[key] = row;
    draft.changed.add(`${table}/${key}`);
  }
  draft.changed.add(table);
  bound(table, next);
}

function remove(draft: Draft, table: Table, keys: string[]): void {
  if (keys.length === 0) return;
  const next = draft.table(table);
  for (const key of keys) {
    Reflect.deleteProperty(next, key);
    draft.changed.add(`${table}/${key}`);
  }
  draft.changed.add(table);
}

/** Keeps what is open, and of what is over the newest. */
function bound<T extends Table>(table: T, rows: Record<string, UpdateRows[T][number]>): void {
  const keys = Object.keys(rows);
  if (table === "profiles" || table === "positions" || keys.length <= RECENT_LIMIT) return;
  // A picture comes newest first, and what follows it is newer still.
  const over = keys.filter((key) => !isOpen(rows[key]));
  over.sort((a, b) => timeOf(rows[a]).localeCompare(timeOf(rows[b])));
  for (const key of over.slice(0, Math.max(0, keys.length - RECENT_LIMIT))) {
    Reflect.deleteProperty(rows, key);
  }
}

function timeOf(row: UpdateRows[Table][number] | undefined): string {
  if (row === undefined) return "";
  if ("closedAt" in row) return row.closedAt;
  if ("updatedAt" in row) return row.updatedAt;
  return "at" in row ? row.at : "";
}

function isOpen(row: UpdateRows[Table][number] | undefined): boolean {
  return row !== undefined && "working" in row && row.working;
}
