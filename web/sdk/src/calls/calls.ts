/**
 * The calls of one tab: at most one at a time. The server decides the state of a call; this class follows the log, asks for
 * microphone and camera, and connects the devices that the call names.
 */

import type { Jobline } from '../client.ts';
import { JoblineError, problemOf } from '../errors.ts';
import type { Call, CallMedia } from '../generated/contract.ts';
import { randomId } from '../ids.ts';
import { Cell, type Observable } from '../observable.ts';
import { CallApi } from './api.ts';
import { CallConnection } from './callConnection.ts';
import { Config, isOffered } from './config.ts';
import { tellEnd } from './ending.ts';
import { type Kept, keptIn } from './kept.ts';
import { Mesh } from './mesh.ts';
import { OwnMedia } from './own.ts';
import type { CallPorts } from './ports.ts';
import { ringingIn } from './ringing.ts';
import type { CallsState, CurrentCall, Obstacle, Outcome, Shown } from './state.ts';

/** The log is followed from a little before a call began. */
const BEFORE_MS = 1000;
/** How long after the end of ringing the server has recorded a missed call at the latest. */
const LATE_MS = 8000;

const NOTHING: Shown = { microphone: false, camera: false, screen: false };

export interface CallsOptions {
  /** The client whose conversations are watched for calls. */
  readonly client: Jobline;
  readonly baseUrl: string;
  readonly getToken: () => string | Promise<string>;
  readonly ports: CallPorts;
}

export class Calls {
  readonly state: Observable<CallsState>;
  readonly #state = new Cell<CallsState>({});
  readonly #client: Jobline;
  readonly #ports: CallPorts;
  readonly #api: CallApi;
  readonly #config: Config;
  readonly #stops: (() => void)[];
  /** The calls that have already rung here. */
  readonly #known = new Set<string>();
  #device: string;
  #own: OwnMedia | undefined;
  #connection: CallConnection | undefined;
  #mesh: Mesh | undefined;
  /** The call in its last state from the server. */
  #call: Call | undefined;
  /** Counts the calls of this tab: work for an earlier one is dropped. */
  #turn = 0;
  #callOff = (): void => undefined;

  constructor({ client, baseUrl, getToken, ports }: CallsOptions) {
    this.state = this.#state;
    this.#client = client;
    this.#ports = ports;
    this.#api = new CallApi(baseUrl, getToken, ports);
    this.#config = new Config(this.#api, ports.clock);
    this.#device = randomId(ports.random);
    this.#stops = [
      client.conversations.subscribe(() => this.#look()),
      ports.lifecycle.listen(event => event === 'leave' && this.#remember()),
    ];
    void this.#resume();
  }

  /** Whether this server offers calls here. Rejects if it cannot be reached. */
  offered(): Promise<boolean> {
    return isOffered(this.#config.get());
  }

  /** Calls the others in a conversation, or accepts the call that rings there. Does nothing during a call. */
  async start(conversationId: string, media: CallMedia): Promise<void> {
    const { call } = this.#state.get();
    if (call && call.phase !== 'over') return;
    const turn = this.#begin({ conversationId, media, phase: 'asking', own: NOTHING, others: [] });
    if (!(await this.#ask(turn, media === 'video'))) return;
    try {
      const started = await this.#api.post('calls.start', { conversationId, media, deviceId: this.#device });
      if (turn !== this.#turn) return void this.#tellEnd(started.call.id);
      this.#known.add(started.call.id);
      const mine = started.call.devices[this.#me()] === this.#device;
      // The other user called at the same moment: it is one call, which both accept.
      const call = mine ? started.call : (await this.#take(started.call.id)).call;
      if (turn === this.#turn) this.#follow(call);
      else this.#tellEnd(call.id);
    } catch (error) {
      this.#fail(turn, error);
    }
  }

  /** Accepts the ringing call, with or without the camera. */
  async accept(video: boolean): Promise<void> {
    const { call } = this.#state.get();
    if (call?.phase !== 'ringing' || !call.id) return;
    const turn = this.#turn;
    const { id } = call;
    this.#show({ phase: 'asking' });
    if (!(await this.#ask(turn, video))) return;
    try {
      const { call: accepted } = await this.#take(id);
      if (turn === this.#turn) this.#follow(accepted);
    } catch (error) {
      this.#fail(turn, error);
    }
  }

  /** Declines the ringing call on all devices, or ends the current one. */
  end(): void {
    const { call } = this.#state.get();
    if (!call || call.phase === 'over') return;
    const outcome = call.phase === 'ringing' ? 'declined' : call.since ? 'ended' : 'cancelled';
    if (call.id) this.#tellEnd(call.id);
    this.#finish(outcome);
  }

  /** Hides a call that is over. */
  dismiss(): void {
    if (this.#state.get().call?.phase === 'over') this.#state.set({});
  }

  mute(on: boolean): void {
    this.#own?.mute(on);
  }

  /** Switches the camera. Returns why that is not possible. */
  async camera(on: boolean): Promise<Obstacle | undefined> {
    return this.#own?.camera(on);
  }

  /** The id of the microphone or camera that is or will be used; `undefined` if the browser chooses. */
  device(kind: 'microphone' | 'camera'): string | undefined {
    return this.#own?.device(kind);
  }

  /** Chooses another microphone or camera. A camera that is off stays off, and the chosen one is switched on next. */
  async choose(kind: 'microphone' | 'camera', deviceId: string): Promise<Obstacle | undefined> {
    return this.#own?.choose(kind, deviceId);
  }

  /** Shares a screen. Must be called in a click handler. Returns `false` if the reader chose nothing. */
  async share(): Promise<boolean> {
    return (await this.#own?.share()) === true;
  }

  stopSharing(): void {
    this.#own?.stopSharing();
  }

  /** The stream of a participant; without a user id, this device's own. */
  stream(userId: string | undefined, kind: 'camera' | 'screen'): MediaStream | undefined {
    if (userId !== undefined) return this.#mesh?.stream(userId, kind);
    const track = this.#own?.track(kind);
    return track ? this.#ports.media.stream([track]) : undefined;
  }

  /** Ends the current call, and stops listening. */
  dispose(): void {
    this.end();
    for (const stop of this.#stops) stop();
  }

  #me(): string {
    return this.#client.user.get() ?? '';
  }

  #take(callId: string) {
    return this.#api.post('calls.accept', { callId, deviceId: this.#device });
  }

  #begin(call: CurrentCall): number {
    this.#clear();
    this.#state.set({ call });
    return this.#turn;
  }

  #show(changed: Partial<CurrentCall>): void {
    const { call } = this.#state.get();
    if (call) this.#state.set({ call: { ...call, ...changed } });
  }

  /** Returns whether the call can continue. */
  async #ask(turn: number, video: boolean): Promise<boolean> {
    const own = new OwnMedia(this.#ports.media, this.#ports.devices, kind => {
      if (this.#own !== own) return;
      this.#mesh?.replace(kind);
      this.#show({ own: own.shown });
    });
    this.#own = own;
    const obstacle = await own.ask(video);
    if (turn !== this.#turn) return false;
    if (!obstacle) return true;
    const { call } = this.#state.get();
    // Other devices of the reader may have what this one lacks, so the call continues to ring there.
    if (call?.startedBy === this.#me() && call.id) this.#tellEnd(call.id);
    this.#finish('failed', { obstacle });
    return false;
  }

  /** Looks for a call that rings. */
  #look(): void {
    const { call } = this.#state.get();
    if (call && call.phase !== 'over') return;
    const { items } = this.#client.conversations.get();
    const found = ringingIn(items, this.#me(), this.#ports.clock.now(), id => this.#known.has(id));
    if (!found) return;
    this.#known.add(found.call.id);
    this.#ring(found.conversationId, found.call);
  }

  /** Stored state may be stale, so the call rings only once the log confirms it. */
  #ring(conversationId: string, ringing: Call): void {
    this.#state.set({});
    this.#clear();
    const turn = this.#turn;
    this.#open(ringing, told => {
      if (turn !== this.#turn || told.id !== ringing.id) return;
      if (this.#state.get().call) return this.#follow(told);
      if (told.state !== 'ringing') return this.#clear();
      const { id, media, startedBy } = told;
      this.#call = told;
      this.#state.set({
        call: { id, conversationId, media, startedBy, phase: 'ringing', own: NOTHING, others: [] },
      });
      this.#expectEnd();
    });
  }

  /** Follows the log from a call on. */
  #open(call: Call, changed: (call: Call) => void): void {
    const since = new Date(Date.parse(call.startedAt) - BEFORE_MS).toISOString();
    this.#connection = new CallConnection(this.#api, this.#ports, this.#device, since, {
      changed,
      ready: () => this.#mesh?.ready(),
      signal: (id, from, data) => id === this.#call?.id && this.#mesh?.heard(from, data),
    });
  }

  /** Takes over the call's new state. */
  #follow(call: Call): void {
    const { call: shown } = this.#state.get();
    if (!shown || shown.phase === 'over' || (shown.id !== undefined && shown.id !== call.id)) return;
    this.#call = call;
    this.#show({ id: call.id, startedBy: call.startedBy });
    const device = call.devices[this.#me()];
    if (call.state === 'ringing') this.#wait(call);
    else if (call.state !== 'accepted') this.#finish(call.state);
    else if (device !== undefined && device !== this.#device) this.#finish('elsewhere');
    else if (device !== undefined) void this.#connect(call);
    const { id } = call;
    if (this.#turn && !this.#connection && this.#call)
      this.#open(call, told => told.id === id && this.#follow(told));
  }

  #wait(call: Call): void {
    const { call: shown } = this.#state.get();
    if (shown?.phase !== 'asking' || call.devices[this.#me()] !== this.#device) return;
    this.#show({ phase: 'calling' });
    this.#expectEnd();
  }

  /** The server ends a call that nobody answers; if that is not received, the call still ends here. */
  #expectEnd(): void {
    const turn = this.#turn;
    void this.#config
      .get()
      .catch(() => ({ ringMs: 45_000 }))
      .then(({ ringMs }) => {
        if (turn !== this.#turn) return;
        this.#callOff = this.#ports.clock.after(ringMs + LATE_MS, () => {
          const { phase } = this.#state.get().call ?? {};
          if (turn === this.#turn && (phase === 'calling' || phase === 'ringing')) this.#finish('missed');
        });
      });
  }

  async #connect(call: Call): Promise<void> {
    if (this.#mesh) {
      this.#mesh.follow(call);
      return this.#showOthers();
    }
    const turn = this.#turn;
    this.#callOff();
    this.#show({ phase: 'connecting', since: Date.parse(call.acceptedAt ?? call.startedAt) });
    try {
      const config = await this.#config.get();
      if (turn !== this.#turn || this.#mesh || !this.#own) return;
      const names = { device: this.#device, session: randomId(this.#ports.random) };
      this.#mesh = new Mesh(names, config, this.#own, this.#ports.media, this.#ports.clock, {
        say: (to, signal) => this.#connection?.say(call.id, to, signal),
        changed: () => turn === this.#turn && this.#showOthers(),
        lost: () => {
          this.#tellEnd(call.id);
          this.#finish('lost');
        },
      });
      this.#mesh.follow(this.#call ?? call);
      this.#showOthers();
    } catch (error) {
      this.#tellEnd(call.id);
      this.#fail(turn, error);
    }
  }

  #showOthers(): void {
    const others = this.#mesh?.participants ?? [];
    const { phase } = this.#state.get().call ?? {};
    const connected = others.some(other => other.connected);
    const was = phase === 'connected' || phase === 'reconnecting';
    this.#show({ others, phase: connected ? 'connected' : was ? 'reconnecting' : 'connecting' });
  }

  #fail(turn: number, error: unknown): void {
    if (turn !== this.#turn) return;
    const problem = problemOf(error);
    if (problem.code === 'call_over') this.#finish('elsewhere');
    else this.#finish('failed', { problem });
  }

  #finish(outcome: Outcome, more: Partial<CurrentCall> = {}): void {
    this.#show({ ...more, phase: 'over', outcome, own: NOTHING, others: [] });
    this.#clear();
  }

  #clear(): void {
    this.#turn += 1;
    this.#callOff();
    this.#connection?.close();
    this.#mesh?.close();
    this.#own?.stop();
    this.#connection = this.#mesh = this.#own = this.#call = undefined;
  }

  #tellEnd(callId: string): Promise<void> {
    return tellEnd(this.#api, this.#ports, { callId, deviceId: this.#device });
  }

  /** The page is left, perhaps by a reload. */
  #remember(): void {
    const { call } = this.#state.get();
    if (!call?.id || !this.#own || call.phase === 'over') return;
    const { id, conversationId, media, own } = call;
    const at = this.#ports.clock.now();
    const kept: Kept = {
      id,
      conversationId,
      media,
      device: this.#device,
      muted: !own.microphone,
      camera: own.camera,
      at,
    };
    this.#ports.memory.keep(JSON.stringify(kept));
  }

  /** Resumes the call that this tab had before its reload. */
  async #resume(): Promise<void> {
    const { memory, clock } = this.#ports;
    const kept = keptIn(memory.take(), clock.now());
    if (!kept || !(await memory.own(kept.device))) return this.#look();
    const { call: running } = this.#state.get();
    if (running) return;
    this.#device = kept.device;
    this.#known.add(kept.id);
    const { id, conversationId, media } = kept;
    const turn = this.#begin({ id, conversationId, media, phase: 'asking', own: NOTHING, others: [] });
    try {
      await this.#client.ready;
      const { call } = await this.#take(id);
      if (turn !== this.#turn) return;
      this.#show({ startedBy: call.startedBy });
      if (!(await this.#ask(turn, kept.camera))) return void this.#tellEnd(id);
      if (kept.muted) this.mute(true);
      this.#follow(call);
    } catch (error) {
      // It has ended meanwhile, as the timeline shows.
      if (turn !== this.#turn) return;
      if (!(error instanceof JoblineError)) return this.#fail(turn, error);
      this.#clear();
      this.#state.set({});
    }
  }
}
