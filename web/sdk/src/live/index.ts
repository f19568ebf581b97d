/**
 * Live connections: a separate script, loaded when the server offers one. There is one connection for all tabs of a user,
 * held by the leading tab, and a visible tab takes the lead from a hidden one. It is opened only while polls succeed, in
 * addition to them: until it is live, and whenever it is lost, polls continue as without it; while it is live they are
 * rare. If it keeps failing, long polls are used.
 *
 * Each tab reports what is on its screen; the connected tab reports that to the server, and forwards received frames to
 * the others.
 */

import type { LiveOffer, Synced } from '../generated/contract.ts';
import type { PollReport } from '../poller.ts';
import type { LifecycleEvent } from '../ports.ts';
import type { TypingState, WhoIsThere } from '../state.ts';
import type { TabMessage } from '../tabs.ts';
import { type Listener, LiveConnection } from './connection.ts';
import type { ServerFrame } from './frames.ts';
import type { LiveParts } from './parts.ts';
import { Pauses } from './pauses.ts';
import { People } from './people.ts';
import { type Screen, Screens } from './screens.ts';
import { type Blocked, Waiting } from './waiting.ts';

/** The interval of polls while the connection brings changes, in milliseconds. */
const LIVE_MS = 5 * 60_000;
/** The same if the connection only pokes. */
const POKED_MS = 60_000;
/** The shortest and the longest interval of polls that a server may ask for while it is degraded. */
const DEGRADED_MS = [1000, POKED_MS] as const;
/** The delay of the poll that proves delivery, after a poke that brought messages. */
const PROOF_MS = 3000;
/**
 * How long the connected tab may be silent to the others: it sends something with every heartbeat, and as often where
 * there are none.
 */
const UNHEARD_MS = 45_000;
const SHARED_MS = 25_000;
/** How long online status is still shown after a loss: most connections are back by then. */
const REMEMBERED_MS = 20_000;

/** The state that the connected tab shares with the others. */
interface Shared {
  readonly every: number | undefined;
  readonly typing: TypingState;
  readonly presence: WhoIsThere;
}

export class Live implements Listener, Blocked {
  readonly #parts: LiveParts;
  readonly #pauses: Pauses;
  readonly #waiting: Waiting;
  readonly #people: People;
  readonly #screens: Screens;
  #offer: LiveOffer | null;
  readonly #offeredAt: number;
  #connection: LiveConnection | undefined;
  #connecting = false;
  /** The connection was live, and its end has not been handled yet. */
  #isLive = false;
  /** A poll has succeeded since the last connection ended: the server can be reached. */
  #reached = true;
  /** A new token is needed. */
  #wantsToken = false;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** The connection only pokes. */
  #pokes = false;
  #degradedMs: number | undefined;
  #cancelConnectTimer = (): void => undefined;
  #cancelForgetTimer = (): void => undefined;
  #cancelUnheardTimer = (): void => undefined;
  #cancelShareTimer = (): void => undefined;
  /** The page was left, and runs again if the reader goes back to it. */
  #hasLeft = false;
  #over = false;

  constructor(parts: LiveParts, offer: LiveOffer) {
    this.#parts = parts;
    this.#offer = offer;
    this.#offeredAt = this.#now();
    this.#pauses = new Pauses(parts.ports.random);
    this.#waiting = new Waiting(parts, this);
    this.#people = new People(parts, parts.cells, () => this.#share());
    this.#screens = new Screens(parts, screen => this.#showScreen(screen));
    parts.tabs.listen(message => this.#hear(message));
    parts.tabs.post({ is: 'joins' });
    this.refresh();
    this.#wishToLead();
  }

  /** A poll was answered, with this offer or with none. */
  offered(offer: LiveOffer | null): void {
    this.#offer = offer;
    this.refresh();
  }

  /** A poll has ended, in this tab or in the leading one. */
  reported({ problem, news, more }: PollReport): void {
    this.#reached = !problem;
    if (more) return;
    if (!this.#pokes) this.#connection?.kept();
    if (this.#pokes && news) this.#parts.ports.clock.after(PROOF_MS, () => this.#parts.poller.pollNow(false));
    if (this.#connection?.isReady) this.#people.ask();
    this.refresh();
  }

  /** The device or the reader did something. */
  happened(event: LifecycleEvent): void {
    const { visible } = this.#parts.ports.lifecycle.now();
    this.#screens.happened(event);
    // A page in the back-forward cache must not keep a connection.
    if (event === 'leave') {
      this.#hasLeft = true;
      return this.#close();
    }
    if (visible) this.#hasLeft = false;
    if (event === 'activity') return;
    // On another network there is no reason to wait, and no event says that the old connection is dead.
    if (event === 'network') this.#notBefore = Math.min(this.#notBefore, this.#now());
    if (visible || event === 'network') this.#connection?.probe();
    if (visible) this.#wishToLead();
    this.refresh();
  }

  /** The reader types in a conversation, or has emptied or sent the text. */
  typed(conversationId: string, text: string): void {
    this.#screens.typed(conversationId, text);
  }

  /** Connects or disconnects, depending on the state. */
  refresh(): void {
    if (this.#over) return;
    this.#screens.update();
    const { tabs, poller } = this.#parts;
    if (this.#connection && !(tabs.isLeading && this.#offer && this.#isWanted())) this.#close();
    if (tabs.isLeading && !this.#connection?.isReady) poller.relax(undefined);
    if (tabs.isLeading && this.#offer && this.#isWanted() && !this.#connection)
      this.#connectInTime(this.#offer);
    this.#waiting.update();
  }

  stop(): void {
    this.#close();
    this.#over = true;
    this.#waiting.stop();
    this.#cancelUnheardTimer();
    this.#cancelShareTimer();
    this.#cancelForgetTimer();
    this.#screens.stop();
    this.#people.forget();
  }

  cursor(): string | undefined {
    return this.#parts.store.mirror.cursor;
  }

  async take(cursor: string | undefined, answer: Synced): Promise<void> {
    const { conversation } = this.#parts.store.mirror;
    // A message that was only read, edited or reacted to does not end typing.
    const written = answer.messages.filter(
      ({ conversationId, number }) => number > (conversation.get(conversationId)?.last ?? 0),
    );
    await this.#parts.poller.take(cursor, answer);
    this.#people.wrote(written);
  }

  freshToken(): Promise<string> {
    return this.#parts.api.token(true);
  }

  received(frame: ServerFrame): void {
    if (frame.op === 'heartbeat') {
      this.#share();
      this.#screens.update();
    } else if (frame.op === 'poke') this.#poked();
    else if (frame.op === 'degraded' || frame.op === 'restored') {
      this.#degradedMs = frame.op === 'degraded' ? bounded(frame.pollMs) : undefined;
      this.#relax();
    } else this.#people.received(frame);
  }

  /** Whether polls wait: where connections do not work, while the reader looks, and once an ordinary poll has succeeded. */
  waits(): boolean {
    if (this.#over || !this.#reached || !this.#pauses.areLong || this.#connection?.isReady) return false;
    const { tabs, ports } = this.#parts;
    const known = this.#offer !== null && this.cursor() !== undefined;
    return known && tabs.isLeading && ports.lifecycle.now().visible && this.#isWanted();
  }

  failed(): void {
    this.#reached = false;
  }

  ready(pokes: boolean): void {
    this.#pokes ||= pokes;
    this.#pauses.worked();
    this.#cancelForgetTimer();
    this.#isLive = true;
    this.#wantsToken = false;
    this.#screens.tellAll();
    this.#relax();
    this.#people.begin();
    this.#shareAgain();
  }

  ended(code: number, retryAfterMs: number | undefined): void {
    this.#wantsToken = code === 4401;
    this.#notBefore = this.#now() + this.#pauses.after(code, retryAfterMs, this.#now());
    this.#reached = false;
    this.#lose();
    this.refresh();
  }

  #now(): number {
    return this.#parts.ports.clock.elapsed();
  }

  /** Without locks every tab leads; then visible ones connect. */
  #isWanted(): boolean {
    const { poller, ports } = this.#parts;
    return !this.#hasLeft && poller.isWanted && (ports.locks !== undefined || ports.lifecycle.now().visible);
  }

  #connectInTime({ afterMs }: LiveOffer): void {
    this.#cancelConnectTimer();
    const wait = Math.max(this.#notBefore, this.#offeredAt + afterMs) - this.#now();
    if (wait > 0) this.#cancelConnectTimer = this.#parts.ports.clock.after(wait, () => this.refresh());
    else if (this.#reached && this.cursor() !== undefined && !this.#connecting) void this.#connect();
  }

  async #connect(): Promise<void> {
    const { api, ports, tabs } = this.#parts;
    this.#connecting = true;
    try {
      const token = await api.token(this.#wantsToken);
      const offer = this.#offer;
      if (this.#over || this.#connection || !offer || !tabs.isLeading) return;
      const socket = ports.socket?.(offer.url, ['jobline.v1', `bearer.${token}`]);
      if (!socket) return;
      this.#connection = new LiveConnection(socket, ports.clock, this);
    } catch {
      // No token, which polls report; or an address to which this page may not connect.
      this.ended(1006, undefined);
    } finally {
      this.#connecting = false;
    }
  }

  #close(): void {
    this.#cancelConnectTimer();
    if (!this.#connection) return;
    this.#connection.close();
    this.#lose();
  }

  /** The connection is lost. */
  #lose(): void {
    this.#connection = undefined;
    this.#degradedMs = undefined;
    this.#pokes = false;
    this.#people.watch(undefined);
    if (this.#isLive) {
      this.#cancelForgetTimer();
      this.#cancelForgetTimer = this.#parts.ports.clock.after(REMEMBERED_MS, () => this.#people.forget());
    }
    this.#isLive = false;
    this.#relax();
  }

  /** Polls as rarely as the connection allows. */
  #relax(): void {
    const live = this.#connection?.isReady;
    const every = live ? (this.#degradedMs ?? (this.#pokes ? POKED_MS : LIVE_MS)) : undefined;
    this.#parts.poller.relax(every);
    this.#parts.connected();
    this.#share();
  }

  #poked(): void {
    this.#pokes = true;
    this.#relax();
    this.#parts.poller.pollNow();
  }

  #share(): void {
    const { tabs, poller, cells } = this.#parts;
    if (this.#over || !tabs.isLeading) return;
    const [typing, presence] = [cells.typing.get(), cells.presence.get()];
    tabs.post({ is: 'live', state: { every: poller.relaxed, typing, presence } satisfies Shared });
  }

  /** Shares the state regularly where there are no heartbeats. */
  #shareAgain(): void {
    this.#cancelShareTimer();
    if (!this.#pokes || !this.#connection?.isReady) return;
    this.#cancelShareTimer = this.#parts.ports.clock.after(SHARED_MS, () => {
      this.#share();
      this.#screens.update();
      this.#shareAgain();
    });
  }

  #hear(message: TabMessage): void {
    if (this.#over) return;
    const { tabs } = this.#parts;
    if (message.is === 'live' && !tabs.isLeading) this.#follow(message.state as Shared);
    else if (message.is === 'joins' && tabs.isLeading) this.#share();
    else if (message.is === 'screen' && tabs.isLeading) this.#screens.hear(message.screen as Screen);
    else if (message.is === 'seen' && tabs.isLeading) this.#yield(message.tab);
    else if (message.is === 'yields' && message.to === this.#screens.tab) this.#takeLead();
    if (message.is === 'joins' || message.is === 'live') this.#screens.update();
  }

  /** Another tab is connected, or no longer. */
  #follow({ every, typing, presence }: Shared): void {
    this.#cancelUnheardTimer();
    this.#cancelForgetTimer();
    this.#parts.poller.relax(every);
    this.#parts.connected();
    this.#people.follow(typing, presence);
    // If it stays silent, this tab polls by itself, and takes its place.
    const alone = () => this.#follow({ every: undefined, typing: {}, presence: {} });
    if (every !== undefined) this.#cancelUnheardTimer = this.#parts.ports.clock.after(UNHEARD_MS, alone);
  }

  /** A visible tab should hold the connection: browsers throttle and suspend hidden ones. */
  #wishToLead(): void {
    const { tabs, ports } = this.#parts;
    if (tabs.isLeading || !ports.lifecycle.now().visible) return;
    tabs.post({ is: 'seen', tab: this.#screens.tab });
    tabs.ensureLeader();
  }

  /** Yields, but not while something is being sent: an upload would start over. */
  #yield(to: string): void {
    const { tabs, ports, store } = this.#parts;
    if (!ports.lifecycle.now().visible && store.mirror.outbox.size === 0) tabs.post({ is: 'yields', to });
  }

  #takeLead(): void {
    const { tabs, ports } = this.#parts;
    if (!tabs.isLeading && ports.lifecycle.now().visible) tabs.take();
  }

  /** Reports the screens of all tabs, or typing, to the server. */
  #showScreen(said: Parameters<LiveConnection['say']>[0]): void {
    if (said.op === 'watch') this.#people.watch(said.conversationId ?? undefined);
    // Where each frame costs as much as a message, only activity is reported.
    if (this.#connection?.isReady && (!this.#pokes || said.op === 'active')) this.#connection.say(said);
  }
}

function bounded(asked: unknown): number {
  const [shortest, longest] = DEGRADED_MS;
  return Math.min(longest, Math.max(shortest, Number(asked) || 0));
}
