/** The other tabs of this user: which of them leads (polls and sends), and the messages between them. */

import type { Channel, Clock, Locks } from './ports.ts';

/** The messages between tabs. */
export type TabMessage =
  /** Rows were written: transaction `count`. */
  | { readonly is: 'wrote'; readonly count: number; readonly writes: unknown }
  /** Messages have changed that are older than the stored ones. */
  | { readonly is: 'touched'; readonly rows: unknown }
  /** The leader polled, or failed to. */
  | { readonly is: 'polled'; readonly outcome: unknown }
  /** A request to the leader to poll; if `urgent`, once more after a running poll. */
  | { readonly is: 'poll'; readonly urgent: boolean }
  /** Is there a leader, and does it run? */
  | { readonly is: 'leads' }
  /** The leader runs. */
  | { readonly is: 'here' }
  /** The progress of a message that is being sent. */
  | { readonly is: 'progress'; readonly clientId: string; readonly state: unknown }
  | { readonly is: 'signedOut' }
  /** The state of the leader's live connection, and how often to poll. */
  | { readonly is: 'live'; readonly state: unknown }
  /** A tab has loaded live connections. */
  | { readonly is: 'joins' }
  /** What is on the screen of a tab. */
  | { readonly is: 'screen'; readonly screen: unknown }
  /** A visible tab asks for the lead of a hidden one. */
  | { readonly is: 'seen'; readonly tab: string }
  /** The leader agrees. */
  | { readonly is: 'yields'; readonly to: string };

/** How long a leader may take to answer, in milliseconds: one that is suspended never does. */
const SILENCE_MS = 6000;

/** Callbacks for changes of a tab's role. */
interface Role {
  readonly lead: () => void;
  /** Another tab leads now. */
  readonly follow: () => void;
}

export class Tabs {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #heard = new Set<(message: TabMessage) => void>();
  #role: Role | undefined;
  #channel: Channel | undefined;
  #locks: Locks | undefined;
  /** This tab works without the others. */
  #parted = false;
  #leading = false;
  #stopWaiting: (() => void) | undefined;
  #stopWaitingForLeader: (() => void) | undefined;
  /** Releases the lock. */
  #release: (() => void) | undefined;

  constructor(name: string, clock: Clock, channel: Channel | undefined, locks: Locks | undefined) {
    this.#name = name;
    this.#clock = clock;
    this.#channel = channel;
    this.#locks = locks;
    channel?.listen(message => this.#hear(message as TabMessage));
  }

  get isLeading(): boolean {
    return this.#leading;
  }

  /** Whether messages reach other tabs. Otherwise each tab works for itself. */
  get areHeard(): boolean {
    return this.#channel !== undefined && !this.#parted;
  }

  post(message: TabMessage): void {
    if (!this.#parted || message.is === 'signedOut') this.#channel?.post(message);
  }

  listen(heard: (message: TabMessage) => void): void {
    this.#heard.add(heard);
  }

  /**
   * Calls `lead` when this tab is the one that polls and sends: at once if there are no locks, otherwise when the leading
   * tab is gone or suspended. Two tabs that both lead, as they do without locks, only cost requests: transactions and client
   * ids prevent that anything is done twice.
   */
  elect(role: Role): void {
    this.#role = role;
    if (this.#locks) this.#request(this.#locks, false);
    else this.#lead();
  }

  /** There is work for the leading tab: if that is suspended, this tab takes its place. */
  ensureLeader(): void {
    if (this.#leading || this.#stopWaitingForLeader || !this.areHeard || !this.#locks || !this.#role) return;
    this.post({ is: 'leads' });
    this.#stopWaitingForLeader = this.#clock.after(SILENCE_MS, () => {
      this.#stopWaitingForLeader = undefined;
      this.take();
    });
  }

  /** Takes the place of the leading tab. */
  take(): void {
    this.#stopWaiting?.();
    if (this.#locks) this.#request(this.#locks, true);
  }

  /** Works without the others from now on, with separate rows. A sign-out still applies to all. */
  part(): void {
    this.#parted = true;
    this.#locks = undefined;
    this.#leaderIsAlive();
    this.#stopWaiting?.();
    this.#release?.();
  }

  leave(): void {
    this.part();
    this.#role = undefined;
    this.#channel?.close();
    this.#channel = undefined;
  }

  #hear(message: TabMessage): void {
    if (this.#parted && message.is !== 'signedOut') return;
    // Only a leader sends these.
    if (message.is === 'here' || message.is === 'polled' || message.is === 'progress') this.#leaderIsAlive();
    if (message.is === 'leads' && this.#leading) this.post({ is: 'here' });
    for (const heard of this.#heard) heard(message);
  }

  /** The leader runs. */
  #leaderIsAlive(): void {
    this.#stopWaitingForLeader?.();
    this.#stopWaitingForLeader = undefined;
  }

  #request(locks: Locks, steal: boolean): void {
    const held = () => {
      const released = new Promise<void>(resolve => {
        this.#release = resolve;
      });
      this.#lead();
      return released;
    };
    this.#stopWaiting = locks.request(this.#name, held, () => this.#stolen(), steal);
  }

  #lead(): void {
    this.#leaderIsAlive();
    if (this.#leading) return;
    this.#leading = true;
    this.#role?.lead();
  }

  /** This tab was suspended for a while, and another one leads now. */
  #stolen(): void {
    this.#leading = false;
    if (!this.#locks) return;
    this.#role?.follow();
    this.#request(this.#locks, false);
  }
}
