/**
 * A value that changes. `get` answers the same object until something in it changes, and parts that did not change
 * are the same objects as before, so views may compare by identity (`useSyncExternalStore` takes it as it is).
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

  /** `watched` is told when the first listener comes and when the last one goes. */
  constructor(value: T, watched?: () => void) {
    this.#value = value;
    this.#watched = watched;
  }

  get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const changed of [...this.#listeners]) {
      try {
        changed();
      } catch (error) {
        // One view that fails must not keep the others, or the engine, from going on; it is still reported.
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

/** `next`, or `previous` where both have the same fields with the same values. */
export function share<T extends object>(previous: T | undefined, next: T): T {
  if (!previous) return next;
  const [before, after] = [Object.entries(previous), Object.entries(next)];
  const known = previous as Record<string, unknown>;
  const same = before.length === after.length && after.every(([name, value]) => equal(known[name], value));
  return same ? previous : next;
}

function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  return share(one, other) === one;
}
