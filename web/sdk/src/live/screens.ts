/** The screens of all tabs: their conversation, whether the user is active, and whether they type. */

import type { LifecycleEvent } from '../ports.ts';
import type { ClientFrame } from './frames.ts';
import type { LiveParts } from './parts.ts';

/** How long a user counts as active after an action. */
const ACTIVE_MS = 2 * 60_000;
/**
 * How often a tab repeats that the user is active, and how long that counts for a tab that may have been killed.
 */
const AGAIN_MS = 60_000;
const BELIEVED_MS = 150_000;
/** How often typing is reported to the server, and how long it counts there. */
const TYPING_EVERY_MS = 3000;
const TYPING_COUNTS_MS = 6000;

/** The report of one tab. */
export interface Screen {
  readonly tab: string;
  /** The visible conversation. */
  readonly watch?: string;
  /** The user is active. */
  readonly active: boolean;
  /** The user types in a conversation, or has stopped. */
  readonly typing?: readonly [conversationId: string, typing: boolean];
}

export class Screens {
  /** The name of this tab, unique among all tabs. */
  readonly tab: string;
  readonly #parts: LiveParts;
  readonly #say: (said: ClientFrame) => void;
  /** Each tab's screen and the time of its report, the latest report last. */
  readonly #screens = new Map<string, { readonly screen: Screen; readonly at: number }>();
  #activeAt: number;
  #told: Screen | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** The last report to the server. */
  #all: { watch: string | undefined; active: boolean } = { watch: undefined, active: false };
  #typing: string | undefined;
  #typedAt = Number.NEGATIVE_INFINITY;
  #callOff = (): void => undefined;

  constructor(parts: LiveParts, say: (said: ClientFrame) => void) {
    this.#parts = parts;
    this.#say = say;
    this.tab = String(parts.ports.random());
    this.#activeAt = this.#now();
  }

  /** The screens together, as reported to the server. */
  get all(): { readonly watch: string | undefined; readonly active: boolean } {
    const alive = [...this.#screens.values()].filter(({ at }) => this.#now() - at < BELIEVED_MS);
    const watched = alive.map(({ screen }) => screen.watch).filter(watch => watch !== undefined);
    return { watch: watched.at(-1), active: alive.some(({ screen }) => screen.active) };
  }

  happened(event: LifecycleEvent): void {
    if (event === 'leave') {
      this.#tell({ tab: this.tab, active: false });
      return;
    }
    if (event !== 'change' && event !== 'network') this.#activeAt = this.#now();
    if (!this.#parts.ports.lifecycle.now().visible) this.typed('', '');
    this.update();
  }

  /** The reader types. This is reported at most every 3 s, its end at once. */
  typed(conversationId: string, text: string): void {
    const since = this.#now() - this.#typedAt;
    if (text.trim() !== '') {
      this.#activeAt = this.#now();
      if (this.#typing === conversationId && since < TYPING_EVERY_MS) return;
      this.#typing = conversationId;
      this.#typedAt = this.#now();
      this.#tell({ ...this.#screen(), typing: [conversationId, true] });
    } else if (this.#typing !== undefined) {
      const typing = [this.#typing, false] as const;
      this.#typing = undefined;
      if (since < TYPING_COUNTS_MS) this.#tell({ ...this.#screen(), typing });
    }
  }

  /** Reports changes of this tab's screen, and repeats the report regularly. */
  update(): void {
    const screen = this.#screen();
    const { watch, active } = this.#told ?? {};
    const old = screen.active && this.#now() - this.#toldAt >= AGAIN_MS;
    if (screen.watch !== watch || screen.active !== active || old) this.#tell(screen);
    this.#callOff();
    const wait = Math.min(AGAIN_MS, this.#activeAt + ACTIVE_MS - this.#now());
    if (screen.active) this.#callOff = this.#parts.ports.clock.after(Math.max(1, wait), () => this.update());
    this.#update();
  }

  /** Another tab reports its screen. */
  hear(screen: Screen): void {
    this.#screens.delete(screen.tab);
    this.#screens.set(screen.tab, { screen, at: this.#now() });
    if (screen.typing) {
      const [conversationId, typing] = screen.typing;
      this.#say({ op: 'typing', conversationId, typing });
    }
    this.#update();
  }

  /** Reports everything to a new connection. */
  tellAll(): void {
    this.#all = { watch: undefined, active: false };
    this.#update();
  }

  stop(): void {
    this.#callOff();
  }

  #now(): number {
    return this.#parts.ports.clock.elapsed();
  }

  #screen(): Screen {
    const { visible } = this.#parts.ports.lifecycle.now();
    const watch = visible ? this.#parts.openChat() : undefined;
    return { tab: this.tab, watch, active: visible && this.#now() - this.#activeAt < ACTIVE_MS };
  }

  #tell(screen: Screen): void {
    this.#told = screen;
    this.#toldAt = this.#now();
    this.#parts.tabs.post({ is: 'screen', screen });
    this.hear(screen);
  }

  /** Reports changes to the server. */
  #update(): void {
    const { watch, active } = this.all;
    const before = this.#all;
    this.#all = { watch, active };
    if (watch !== before.watch) this.#say({ op: 'watch', conversationId: watch ?? null });
    if (active !== before.active) this.#say({ op: 'active', active });
  }
}
