/** What a device or a tab remembers in a few words. A browser may refuse that: then it lasts as long as the page. */
export interface Remembered {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** Over a storage that may throw whenever it is touched. */
export function remembered(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Remembered {
  /** What the storage did not take. */
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
