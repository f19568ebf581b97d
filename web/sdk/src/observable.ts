/**
 * A value that changes. `get` answers the same object until something in it changes, and parts that did not change
 * are the same objects as before, so views may compare by identity (`useSyncExternalStore` takes it as it is).
 */
export interface Observable<T> {
  get(): T;
  /** Calls `changed` after every change until the returned function is called. */
  subscribe(changed: () => void): () => void;
}
