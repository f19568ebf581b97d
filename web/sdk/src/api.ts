/** Calls of the server's procedures, typed by its OpenAPI document. */

import { type Code, failure, JoblineError, type Problem } from './errors.ts';
import type { Procedures } from './generated/contract.ts';
import type { Clock, Http, HttpAnswer, HttpRequest } from './ports.ts';
import { within } from './time.ts';
import type { Tokens } from './token.ts';

export type Procedure = keyof Procedures;
export type Input<P extends Procedure> = Procedures[P]['input'];
export type Output<P extends Procedure> = Procedures[P]['output'];

/** How long an answer may take. */
const GIVE_UP_MS = 30_000;

const ROUTES: { readonly [P in Procedure]: readonly [Procedures[P]['method'], Procedures[P]['path']] } = {
  getConversations: ['GET', '/messages/conversations'],
  list: ['GET', '/messages/list'],
  markAsRead: ['POST', '/messages/markAsRead'],
  send: ['POST', '/messages/send'],
  sync: ['GET', '/messages/sync'],
  uploadFile: ['POST', '/messages/uploadFile'],
};

export class Api {
  readonly #baseUrl: string;
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #tokens: Tokens;

  constructor(baseUrl: string, http: Http, clock: Clock, tokens: Tokens) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#http = http;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /** Calls a procedure; a token that is refused is renewed once. Rejects with a `JoblineError`. */
  async call<P extends Procedure>(procedure: P, input: Input<P>): Promise<Output<P>> {
    const token = await this.#tokens.get();
    let answer = await this.#request(procedure, input, token);
    if (answer.status === 401) {
      this.#tokens.refused(token);
      const renewed = await this.#tokens.get();
      answer = await this.#request(procedure, input, renewed);
      if (answer.status === 401) this.#tokens.refused(renewed);
    }
    return read(answer) as Output<P>;
  }

  /** The absolute form of a URL that the server gave. */
  url(given: string): string {
    return given.startsWith('/') ? this.#baseUrl + given : given;
  }

  async #request<P extends Procedure>(procedure: P, input: Input<P>, token: string): Promise<HttpAnswer> {
    const [method, path] = ROUTES[procedure];
    const authorised = { Authorization: `Bearer ${token}` };
    const url = this.#baseUrl + path;
    const request: HttpRequest =
      method === 'GET'
        ? { method, url: url + query(input), headers: authorised }
        : {
            method,
            url,
            headers: { ...authorised, 'Content-Type': 'application/json' },
            body: JSON.stringify(input),
          };
    const call = this.#http(request);
    try {
      return await within(this.#clock, GIVE_UP_MS, call.answer, 'The server did not answer in 30 s.');
    } catch (error) {
      call.cancel();
      throw error;
    }
  }
}

function query(input: object): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return given.length
    ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`
    : '';
}

/** The output in an answer. */
function read(answer: HttpAnswer): unknown {
  if (answer.status >= 200 && answer.status < 300) {
    const output = parse(answer.body);
    if (output) return output;
    throw failure('network', 'The answer is not one of this server: something in between gave it.');
  }
  throw new JoblineError(problemIn(answer));
}

/** The problem that an answer tells of; one that is not of this server's making counts as its being unavailable. */
export function problemIn(answer: HttpAnswer): Problem {
  const seconds = Number(answer.header('retry-after') ?? Number.NaN);
  const waits = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
  const told = parse(answer.body) as Partial<Problem> | undefined;
  if (typeof told?.code === 'string' && typeof told.detail === 'string') {
    const field = typeof told.field === 'string' ? { field: told.field } : {};
    const precise = typeof told.retryAfterMs === 'number' ? { retryAfterMs: told.retryAfterMs } : waits;
    return { code: told.code, detail: told.detail, status: answer.status, ...field, ...precise };
  }
  const code: Code =
    ({ 401: 'unauthenticated', 429: 'rate_limited', 503: 'unavailable' } as const)[answer.status] ??
    'network';
  return { code, detail: `The server answered ${answer.status}.`, status: answer.status, ...waits };
}

function parse(body: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed && typeof parsed === 'object' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
