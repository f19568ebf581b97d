/** Small values that a device or a tab stores. If the browser refuses that, they last as long as the page. */
export interface Remembered {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** Wraps a storage that may throw at every access. */
export function remembered(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Remembered {
  /** The values that the storage did not accept. */
  const memory = new Map<string, string>();
  const attempt = <T>(act: (open: ReturnType<typeof storage>) => T): T | undefined => {
    try {
      return act(storage());
    } catch {
      return undefined;
    }
  };
  return {
    get: key => memory.get(key) ?? attempt(open => open.getItem(key)) ?? undefined,
    set(key, value) {
      const taken = attempt(open => {
        open.setItem(key, value);
        return true;
      });
      if (taken) memory.delete(key);
      else memory.set(key, value);
    },
    remove(key) {
      memory.delete(key);
      attempt(open => open.removeItem(key));
    },
  };
}

export const onDevice = remembered(() => localStorage);
export const inTab = remembered(() => sessionStorage);
