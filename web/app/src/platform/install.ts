import type { Observable } from '@jobline/sdk';

interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

const listeners = new Set<() => void>();
let ask: (() => Promise<void>) | undefined;

function set(next: typeof ask): void {
  ask = next;
  for (const listener of listeners) listener();
}

/** Asks whether to install the app; undefined if the browser does not offer that, or the app is already installed. */
export const installPrompt: Observable<typeof ask> = {
  get: () => ask,
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Keeps the browser's offer for the settings, and suppresses its banner. */
export function watchInstall(): void {
  addEventListener('beforeinstallprompt', event => {
    event.preventDefault();
    const offer = event as InstallEvent;
    set(async () => {
      await offer.prompt();
      set(undefined);
    });
  });
  addEventListener('appinstalled', () => set(undefined));
}
