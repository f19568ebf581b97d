/** Calls of the server's procedures, typed by its OpenAPI document. */

import { type Code, failure, JoblineError, type Problem } from './errors.ts';
import type { Procedures } from './generated/contract.ts';
import type { HttpAnswer, Ports } from './ports.ts';
import { answerOf, within } from './time.ts';

export type Procedure = keyof Procedures;
export type Input<P extends Procedure> = Procedures[P]['input'];
export type Output<P extends Procedure> = Procedures[P]['output'];

/** How long an answer may take, the host's included. */
const GIVE_UP_MS = 30_000;

/** Those that change something. */
type Posted = { [P in Procedure]: Procedures[P]['method'] extends 'POST' ? P : never }[Procedure];
const POSTED: Readonly<Record<Posted, true>> = { markAsRead: true, send: true, uploadFile: true };

/** Every procedure stands under its own name but one. */
const pathOf = (procedure: Procedure): Procedures[Procedure]['path'] =>
  `/messages/${procedure === 'getConversations' ? 'conversations' : procedure}`;

/** Where the server is, and whose token opens it. */
interface Options {
  readonly baseUrl: string;
  readonly getToken: () => string | Promise<string>;
  readonly ports: Pick<Ports, 'http' | 'clock'>;
}

export class Api {
  readonly #options: Options;
  readonly #baseUrl: string;
  #token: Promise<string> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
  }

  /** A token that should be accepted, kept until it is refused. However many ask, the host is asked once. */
  token(): Promise<string> {
    const { getToken, ports } = this.#options;
    const ask = async (): Promise<string> => {
      const token = await getToken();
      if (!token) throw failure('unauthenticated', 'getToken answered no token.');
      return token;
    };
    const token = this.#token ?? within(ports.clock, GIVE_UP_MS, ask());
    this.#token = token;
    token.catch(() => this.#refused(token));
    return token;
  }

  /** Calls a procedure; a token that is refused is renewed once. Rejects with a `JoblineError`. */
  async call<P extends Procedure>(procedure: P, input: Input<P>, again = true): Promise<Output<P>> {
    const token = this.token();
    const answer = await this.#request(procedure, input, await token);
    if (answer.status === 401) {
      this.#refused(token);
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

  #refused(token: Promise<string>): void {
    if (this.#token === token) this.#token = undefined;
  }

  #request<P extends Procedure>(procedure: P, input: Input<P>, token: string): Promise<HttpAnswer> {
    const get = !(procedure in POSTED);
    const { http, clock } = this.#options.ports;
    const call = http({
      method: get ? 'GET' : 'POST',
      url: this.#baseUrl + pathOf(procedure) + (get ? query(input) : ''),
      headers: { Authorization: `Bearer ${token}`, ...(!get && { 'Content-Type': 'application/json' }) },
      body: get ? undefined : JSON.stringify(input),
    });
    return answerOf(call, clock, GIVE_UP_MS);
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
  const { code = CODES[status] ?? 'network', detail = `Status ${status}.`, field } = told ?? {};
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
