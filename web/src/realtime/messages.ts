/** What the server says over the socket. */
import type {
  AlertRow,
  BotState,
  Control,
  EvaluationRow,
  Health,
  OrderRow,
  PositionRow,
  ProfileRow,
  TradeRow,
} from "~/api/types";

export interface EventMessage {
  tenantId: string;
  seq: number;
  prevSeq: number;
  type: string;
  upserts: Partial<Rows>;
  removes: Partial<Record<keyof Rows, string[]>>;
}

export interface Rows {
  profiles: ProfileRow[];
  orders: OrderRow[];
  positions: PositionRow[];
  trades: TradeRow[];
  alerts: AlertRow[];
}

export interface Tick {
  symbol: string;
  price: string;
  at: string;
}

export interface Marks {
  profiles?: (Pick<ProfileRow, "id"> & Partial<ProfileRow>)[];
  positions?: (Pick<PositionRow, "tradeId"> & Partial<PositionRow>)[];
}

export interface BacktestProgress {
  id: string;
  state: string;
  progressPct: number;
}

/** Everything that changes what is shown, as one type for the reducer. */
export type Message =
  /** With when it was said, by this browser's clock in milliseconds, when that is not now. */
  | { type: "state"; state: BotState; heardAt?: number }
  | { type: "event"; event: EventMessage }
  | { type: "tick"; tick: Tick }
  | { type: "marks"; marks: Marks }
  | { type: "evaluation"; evaluation: EvaluationRow }
  | { type: "health"; health: Health }
  | { type: "control"; control: Control }
  | { type: "alert"; alert: AlertRow }
  /** Time has passed. */
  | { type: "time" };
