/** Calls of the server's procedures, typed by its OpenAPI document. */

import { type Code, JoblineError, type Problem } from './errors.ts';
import type { Procedures } from './generated/contract.ts';
import type { Clock, Http, HttpAnswer } from './ports.ts';
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
  async call<P extends Procedure>(procedure: P, input: Input<P>, again = true): Promise<Output<P>> {
    const token = this.#tokens.get();
    const answer = await this.#request(procedure, input, await token);
    if (answer.status === 401) {
      this.#tokens.refused(token);
      if (again) return this.call(procedure, input, false);
    }
    const output = parse(answer.body);
    if (answer.status === 200 && output) return output as Output<P>;
    throw new JoblineError(problemIn(answer));
  }

  /** The absolute form of a URL that the server gave. */
  url(given: string): string {
    return given.startsWith('/') ? this.#baseUrl + given : given;
  }

  async #request<P extends Procedure>(procedure: P, input: Input<P>, token: string): Promise<HttpAnswer> {
    const [method, path] = ROUTES[procedure];
    const get = method === 'GET';
    const call = this.#http({
      method,
      url: this.#baseUrl + path + (get ? query(input) : ''),
      headers: { Authorization: `Bearer ${token}`, ...(!get && { 'Content-Type': 'application/json' }) },
      body: get ? undefined : JSON.stringify(input),
    });
    try {
      return await within(this.#clock, GIVE_UP_MS, call.answer);
    } catch (error) {
      call.cancel();
      throw error;
    }
  }
}

function query(input: object): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return given
    .map(([name, value], index) => `${index ? '&' : '?'}${name}=${encodeURIComponent(value)}`)
    .join('');
}

/** What something in between, or a server in trouble, means by a status. */
const CODES: { readonly [status: number]: Code } = {
  401: 'unauthenticated',
  429: 'rate_limited',
  503: 'unavailable',
};

/** The problem that an answer tells of; one that is not of this server's making is a matter of the network. */
export function problemIn({ status, header, body }: HttpAnswer): Problem {
  const told = parse(body) as Partial<Problem> | undefined;
  const seconds = Number(header('retry-after'));
  const { code = CODES[status] ?? 'network', detail = `The answer is ${status}.`, field } = told ?? {};
  return {
    code,
    detail,
    status,
    field,
    retryAfterMs: told?.retryAfterMs ?? (seconds ? seconds * 1000 : undefined),
  };
}

function parse(body: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed && typeof parsed === 'object' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
