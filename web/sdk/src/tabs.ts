/** The other tabs of this user: which of them leads, that is polls and sends, and what they tell each other. */

import type { Channel, Clock, Locks } from './ports.ts';

/** What tabs tell each other. */
export type TabMessage =
  /** Rows were written: transaction `count`. */
  | { readonly is: 'wrote'; readonly count: number; readonly writes: unknown }
  /** Messages older than those that are kept have changed. */
  | { readonly is: 'touched'; readonly rows: unknown }
  /** The leader polled, or failed to. */
  | { readonly is: 'polled'; readonly outcome: unknown }
  /** The leader is asked to poll; `urgent`, once more when it just does. */
  | { readonly is: 'poll'; readonly urgent: boolean }
  /** Is there a leader, and does it run? */
  | { readonly is: 'leads' }
  /** The leader runs. */
  | { readonly is: 'here' }
  /** How far own messages are, while they are on their way. */
  | { readonly is: 'progress'; readonly clientId: string; readonly state: unknown }
  | { readonly is: 'signedOut' }
  /** What the leader's live connection tells, and how often to poll. */
  | { readonly is: 'live'; readonly state: unknown }
  /** A tab is ready to hear of live connections. */
  | { readonly is: 'joins' }
  /** What is on the screen of a tab. */
  | { readonly is: 'screen'; readonly screen: unknown }
  /** A tab is seen, and would lead in the place of one that is not. */
  | { readonly is: 'seen'; readonly tab: string }
  /** The leader has no objection. */
  | { readonly is: 'yields'; readonly to: string };

/** How long a leader may take to answer, in milliseconds: one that is suspended never does. */
const SILENCE_MS = 6000;

/** What a tab is told of its own role. */
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
  /** Goes on without the others. */
  #parted = false;
  #leading = false;
  #stopWaiting: (() => void) | undefined;
  #stopWaitingForLeader: (() => void) | undefined;
  /** Lets go of the lock. */
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

  /** Whether other tabs hear what is told. Without that each works for itself. */
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
   * Calls `lead` when this tab is the one that polls and sends: at once where there are no locks, else when the tab
   * that is has gone, or does not run any more. Two tabs that both lead, as without locks they do, cost requests and
   * nothing else: transactions and client ids keep them from doing anything twice.
   */
  elect(role: Role): void {
    this.#role = role;
    if (this.#locks) this.#request(this.#locks, false);
    else this.#lead();
  }

  /** There is something to do for the tab that leads: should it not run, this tab takes its place. */
  ensureLeader(): void {
    if (this.#leading || this.#stopWaitingForLeader || !this.areHeard || !this.#locks || !this.#role) return;
    this.post({ is: 'leads' });
    this.#stopWaitingForLeader = this.#clock.after(SILENCE_MS, () => {
      this.#stopWaitingForLeader = undefined;
      this.take();
    });
  }

  /** Takes the place of the tab that leads. */
  take(): void {
    this.#stopWaiting?.();
    if (this.#locks) this.#request(this.#locks, true);
  }

  /** Goes on without the others: what this tab keeps is not what they keep. A sign-out is still for all. */
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
    // Only a leader says these.
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

  /** This tab did not run for a while, and another one leads now. */
  #stolen(): void {
    this.#leading = false;
    if (!this.#locks) return;
    this.#role?.follow();
    this.#request(this.#locks, false);
  }
}
