/** The user token: asked for when it is needed, kept until it is refused. */

import { failure } from './errors.ts';
import type { Clock } from './ports.ts';
import { within } from './time.ts';

const GIVE_UP_MS = 30_000;

/** Every browser, worker and server runtime has it. */
declare function atob(text: string): string;

export class Tokens {
  readonly #ask: () => string | Promise<string>;
  readonly #clock: Clock;
  #token: Promise<string> | undefined;

  constructor(ask: () => string | Promise<string>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** A token that should be accepted. However many ask, the host is asked once. */
  get(): Promise<string> {
    const token = this.#token ?? within(this.#clock, GIVE_UP_MS, this.#renew());
    this.#token = token;
    token.catch(() => this.refused(token));
    return token;
  }

  /** The server did not accept `token`, or there is none. */
  refused(token: Promise<string>): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const token = await this.#ask();
    if (!token) throw failure('unauthenticated', 'getToken answered no token.');
    return token;
  }
}

/** The user that a token is for. */
export function userOf(token: string): string | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    // Letters beyond ASCII would come out wrong; ids have none.
    const { sub } = JSON.parse(atob(payload)) as { sub?: string };
    return sub;
  } catch {
    return undefined;
  }
}
