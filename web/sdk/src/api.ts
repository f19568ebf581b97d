/** Calls of the server's procedures, typed by its OpenAPI document. */

import { type Code, ended, JoblineError, type Problem } from './errors.ts';
import type { Procedures } from './generated/contract.ts';
import type { Clock, HttpAnswer, HttpCall, Ports } from './ports.ts';
import { answerOf, pauseOf } from './time.ts';
import { noToken, type Tokens, userOf } from './tokens.ts';

/** The procedures of the server for a user. */
export type Procedure = keyof Procedures;
export type Input<P extends Procedure> = Procedures[P]['input'];
export type Output<P extends Procedure> = Procedures[P]['output'];

/** How long an answer may take, that of `getToken` included. */
const GIVE_UP_MS = 30_000;

/** The names of procedures by their method; where the two differ, this file does not compile. */
type Got = `get${string}` | 'list' | 'sync' | 'versions' | 'members' | 'presence' | 'calls.config';
type MethodOf<P extends Procedure> = P extends Got ? 'GET' : P extends `set${string}` ? 'PUT' : 'POST';
type Wrong = {
  [P in Procedure]: MethodOf<P> extends Procedures[P]['method'] ? never : P;
}[Procedure];

const methodOf = (procedure: Exclude<Procedure, Wrong>): 'GET' | 'PUT' | 'POST' =>
  /^(get|list|sync|ver|mem|pre|calls.c)/.test(procedure)
    ? 'GET'
    : procedure.startsWith('set')
      ? 'PUT'
      : 'POST';

/** The path of a procedure is its name; of those that get, set or add something, it is the name of that thing. */
const pathOf = (procedure: Procedure): string =>
  procedure.startsWith('calls')
    ? `/${procedure.replace('.', '/')}`
    : `/messages/${procedure.replace(/^(get|set|add)./, start => start.slice(3).toLowerCase())}`;

interface Options {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  readonly ports: Pick<Ports, 'http' | 'clock'>;
  /** The user of these requests: none is made with another user's token. */
  readonly user: string;
  /** `getToken` now returns another user's token. */
  readonly userChanged: (user: string) => void;
}

/** A request in flight. */
interface Request {
  readonly call: HttpCall;
  /** When it began, by `Clock.elapsed`. */
  readonly begun: number;
  /** It was aborted to be repeated. */
  again: boolean;
}

/** The procedures, called for one user. */
export class Api {
  readonly #options: Options;
  readonly #baseUrl: string;
  readonly #requests = new Set<Request>();
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
  }

  /** Calls a procedure; a token that is refused is renewed once. Rejects with a `JoblineError`. */
  async call<P extends Procedure>(procedure: P, input: Input<P>, again = true): Promise<Output<P>> {
    const { tokens } = this.#options;
    const asked = tokens.get();
    const token = await asked;
    this.#check(token, asked);
    const answer = await this.#answer(procedure, input, token);
    if (answer.status === 401) {
      tokens.drop(asked);
      if (again) return this.call(procedure, input, false);
    }
    const output = parse(answer.body);
    if (answer.status === 200 && output) return output as Output<P>;
    throw new JoblineError(problemIn(answer, this.#options.ports.clock));
  }

  /** A token of this user; `fresh`: a new one. */
  async token(fresh: boolean): Promise<string> {
    const { tokens } = this.#options;
    if (fresh) tokens.drop();
    const asked = tokens.get();
    const token = await asked;
    this.#check(token, asked);
    return token;
  }

  /** The absolute form of a URL that the server gave. */
  url(given: string): string {
    return given.startsWith('/') ? this.#baseUrl + given : given;
  }

  /**
   * Aborts the requests that began `olderThan` milliseconds ago or earlier, and sends them again: their connection may be
   * dead. All of them may be repeated.
   */
  renew(olderThan: number): void {
    const latest = this.#options.ports.clock.elapsed() - olderThan;
    for (const request of this.#requests) {
      if (request.begun > latest) continue;
      request.again = true;
      request.call.cancel();
    }
  }

  /** Makes no more requests, and aborts pending ones. */
  close(): void {
    this.#closed = true;
    for (const { call } of this.#requests) call.cancel();
  }

  /** Throws unless `token` is one of this user. */
  #check(token: string, asked: Promise<string>): void {
    const { user, tokens, userChanged } = this.#options;
    if (this.#closed) throw ended();
    const owner = userOf(token);
    if (owner === user) return;
    if (owner !== undefined) userChanged(owner);
    else tokens.drop(asked);
    throw owner === undefined ? noToken() : ended();
  }

  async #answer<P extends Procedure>(procedure: P, input: Input<P>, token: string): Promise<HttpAnswer> {
    const { clock } = this.#options.ports;
    for (;;) {
      const call = this.#request(procedure, input, token);
      const request = { call, begun: clock.elapsed(), again: false };
      this.#requests.add(request);
      try {
        return await answerOf(call, clock, GIVE_UP_MS);
      } catch (error) {
        if (this.#closed) throw ended();
        if (!request.again) throw error;
      } finally {
        this.#requests.delete(request);
      }
    }
  }

  #request<P extends Procedure>(procedure: P, input: Input<P>, token: string): HttpCall {
    const method = methodOf(procedure);
    const get = method === 'GET';
    return this.#options.ports.http({
      method,
      url: this.#baseUrl + pathOf(procedure) + (get ? query(input) : ''),
      headers: { Authorization: `Bearer ${token}`, ...(!get && { 'Content-Type': 'application/json' }) },
      body: get ? undefined : JSON.stringify(input),
    });
  }
}

function query(input: object): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return given
    .map(([name, value], index) => `${index ? '&' : '?'}${name}=${encodeURIComponent(value)}`)
    .join('');
}

/** The meaning of a status that a proxy or a failing server answers. */
const CODES: { readonly [status: number]: Code } = {
  401: 'unauthenticated',
  429: 'rate_limited',
  503: 'unavailable',
};

/** The problem in an answer; `network` if the answer is not this server's. */
export function problemIn({ status, header, body }: HttpAnswer, clock: Clock): Problem {
  const told = parse(body) as Partial<Problem> | undefined;
  // Proxies answer with JSON, too.
  const ours = typeof told?.code === 'string' && told.status === status;
  const { code, detail, field } = ours ? told : ({} as Partial<Problem>);
  const asked = ours ? pauseOf(told.retryAfterMs) : 0;
  return {
    code: code ?? CODES[status] ?? 'network',
    detail: detail ?? `Status ${status}.`,
    status,
    field,
    retryAfterMs: asked || retryAfter(header, clock) || undefined,
  };
}

/** `Retry-After` in milliseconds: a number of seconds, or a date by the clock of the answering server. */
function retryAfter(header: HttpAnswer['header'], clock: Clock): number {
  const value = header('retry-after') ?? '';
  if (/^\s*[\d.]+\s*$/.test(value)) return pauseOf(Number(value) * 1000);
  // Without a readable `Date`, the device's clock is used.
  return pauseOf(Date.parse(value) - (Date.parse(header('date') ?? '') || clock.now()));
}

function parse(body: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed && typeof parsed === 'object' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
