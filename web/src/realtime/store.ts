/**
 * One store of what the server says, subscribed to by key, so that a price re-renders one cell.
 * Messages are folded once per frame, however many come.
 */
import type { Message } from "./messages";
import { EMPTY, reduce, type Key, type LiveState } from "./reducer";

const HIDDEN_FOLD_MS = 500;
/** How often it is looked whether a price has become old. */
const AGE_EVERY_MS = 1_000;

export class LiveStore {
  #state: LiveState = EMPTY;
  #queue: Message[] = [];
  #scheduled = false;
  readonly #listeners = new Map<Key, Set<() => void>>();
  readonly #watchers = new Set<(changed: ReadonlySet<Key>) => void>();

  get state(): LiveState {
    return this.#state;
  }

  /** Takes a message; it shows with the next frame. */
  receive(message: Message): void {
    // A whole state makes whatever waits before it needless.
    if (message.type === "state") this.#queue = [];
    this.#queue.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const fold = () => this.fold();
    // A hidden page gets no frames.
    if (document.hidden) setTimeout(fold, HIDDEN_FOLD_MS);
    else requestAnimationFrame(fold);
  }

  /** Lets prices become old while no word comes; the function that is returned ends it. */
  age(): () => void {
    const timer = setInterval(() => this.receive({ type: "time" }), AGE_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** Folds what waits. */
  fold(): void {
    this.#scheduled = false;
    const messages = this.#queue;
    if (messages.length === 0) return;
    this.#queue = [];
    const { state, changed } = reduce(this.#state, messages, Date.now());
    this.#state = state;
    this.#notify(changed);
  }

  /** Forgets everything, as when somebody else signs in. */
  clear(): void {
    this.#queue = [];
    this.#state = EMPTY;
    this.#notify(new Set(["*"]));
  }

  subscribe(keys: readonly Key[], listener: () => void): () => void {
    for (const key of keys) {
      const set = this.#listeners.get(key) ?? new Set();
      this.#listeners.set(key, set.add(listener));
    }
    return () => {
      for (const key of keys) {
        const set = this.#listeners.get(key);
        set?.delete(listener);
        if (set?.size === 0) this.#listeners.delete(key);
      }
    };
  }

  /** Hears of every change, with its keys. */
  watch(watcher: (changed: ReadonlySet<Key>) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #notify(changed: ReadonlySet<Key>): void {
    const called = new Set<() => void>();
    const keys = changed.has("*") ? this.#listeners.keys() : changed;
    for (const key of keys) {
      for (const listener of this.#listeners.get(key) ?? []) called.add(listener);
    }
    for (const listener of called) listener();
    for (const watcher of this.#watchers) watcher(changed);
  }
}

/** The store of the person who is signed in. */
export const live = new LiveStore();
