/** What the server says over the socket, as one type for the reducer. */
import type {
  AlertRow,
  BotState,
  Control,
  EvaluationRow,
  Health,
  Marks,
  Tick,
  Update,
} from "~/api/types";

export type Message =
  /** With when it was said, by this browser's clock in milliseconds, when that is not now. */
  | { type: "state"; state: BotState; heardAt?: number }
  | { type: "event"; event: Update }
  | { type: "tick"; tick: Tick }
  | { type: "marks"; marks: Marks }
  | { type: "evaluation"; evaluation: EvaluationRow }
  | { type: "health"; health: Health }
  | { type: "control"; control: Control }
  | { type: "alert"; alert: AlertRow }
  /** Time has passed. */
  | { type: "time" };
