/**
 * A value that changes. `get` returns the same object until something in it changes, and unchanged parts are the same
 * objects as before, so views may compare by identity (it fits `useSyncExternalStore`).
 */
export interface Observable<T> {
  get(): T;
  /** Calls `changed` after every change until the returned function is called. */
  subscribe(changed: () => void): () => void;
}

/** An observable that its owner sets. */
export class Cell<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();
  readonly #watched: (() => void) | undefined;

  /** `watched` is called when the first listener comes and when the last one goes. */
  constructor(value: T, watched?: () => void) {
    this.#value = value;
    this.#watched = watched;
  }

  get = (): T => this.#value;

  set(value: T): void {
    const next = share(this.#value, value);
    if (next === this.#value) return;
    this.#value = next;
    for (const changed of [...this.#listeners]) {
      try {
        changed();
      } catch (error) {
        // A failing view must not stop the others, or the engine; the error is still reported.
        Promise.reject(error);
      }
    }
  }

  subscribe = (changed: () => void): (() => void) => {
    // A function of our own, so that the same listener may subscribe twice.
    const listener = () => changed();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#watched?.();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#watched?.();
    };
  };

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }
}

/**
 * `after`, with every part that equals one of `before` replaced by that; `before` itself if all parts are equal. The items
 * of lists are compared by identity: the code that makes a list has shared them already.
 */
export function share<T>(before: T | undefined, after: T): T {
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.length === after.length && after.every((item, index) => item === before[index])
      ? before
      : after;
  }
  if (typeof before !== 'object' || typeof after !== 'object' || !before || !after) return after;
  const names = Object.keys({ ...before, ...after }) as (keyof (T | (T & object)))[];
  const shared = Object.fromEntries(
    (Object.keys(after) as typeof names).map(name => [name, share(before[name], after[name])]),
  ) as T;
  return names.every(name => shared[name] === before[name]) ? before : shared;
}
