/** The procedures that calls need, called over the client's ports. */

import { problemIn } from '../api.ts';
import { JoblineError } from '../errors.ts';
import type { Procedures, Synced } from '../generated/contract.ts';
import { answerOf } from '../time.ts';
import { Tokens } from '../tokens.ts';
import type { CallPorts } from './ports.ts';

/** How long an answer may take, in milliseconds: users do not wait longer for a call. */
const GIVE_UP_MS = 10_000;

type Named = 'calls.start' | 'calls.accept' | 'calls.decline' | 'calls.end';

export class CallApi {
  readonly #baseUrl: string;
  readonly #tokens: Tokens;
  readonly #ports: Pick<CallPorts, 'http' | 'clock'>;

  constructor(
    baseUrl: string,
    getToken: () => string | Promise<string>,
    ports: Pick<CallPorts, 'http' | 'clock'>,
  ) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#tokens = new Tokens(getToken, ports.clock);
    this.#ports = ports;
  }

  /** Changes a call. Rejects with a `JoblineError`. */
  post<P extends Named>(procedure: P, input: Procedures[P]['input']): Promise<Procedures[P]['output']> {
    return this.#ask('POST', `/${procedure.replace('.', '/')}`, JSON.stringify(input));
  }

  config(): Promise<Procedures['calls.config']['output']> {
    return this.#ask('GET', '/calls/config');
  }

  /** The changes after a time or a cursor, and where a live connection may be opened. */
  sync(since: string): Promise<Synced> {
    return this.#ask('GET', `/messages/sync?since=${encodeURIComponent(since)}`);
  }

  /** `fresh`: a new token. */
  token(fresh: boolean): Promise<string> {
    if (fresh) this.#tokens.drop();
    return this.#tokens.get();
  }

  async #ask<T>(method: 'GET' | 'POST', path: string, body?: string, again = true): Promise<T> {
    const { http, clock } = this.#ports;
    const asked = this.#tokens.get();
    const headers = {
      Authorization: `Bearer ${await asked}`,
      ...(body && { 'Content-Type': 'application/json' }),
    };
    const call = http({ method, url: this.#baseUrl + path, headers, ...(body && { body }) });
    const answer = await answerOf(call, clock, GIVE_UP_MS);
    if (answer.status === 401) {
      this.#tokens.drop(asked);
      if (again) return this.#ask(method, path, body, false);
    }
    if (answer.status !== 200) throw new JoblineError(problemIn(answer, clock));
    return JSON.parse(answer.body) as T;
  }
}
