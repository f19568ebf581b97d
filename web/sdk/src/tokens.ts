/** The tokens of the host: requested, cached until they are refused, and decoded. */

import { failure, textOf } from './errors.ts';
import type { Clock } from './ports.ts';
import { within } from './time.ts';

/** How long the host may take, in milliseconds. */
const GIVE_UP_MS = 30_000;

/** Every browser, worker and server runtime has it. */
declare function atob(text: string): string;

/** The user that a token is for; `undefined` for text that is no token. */
export function userOf(token: string): string | undefined {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    // This decodes only ASCII correctly, but ids have nothing else.
    const { sub } = JSON.parse(atob(payload)) as { sub?: unknown };
    // A number counts as its digits, as on the server.
    return sub && ['string', 'number'].includes(typeof sub) ? String(sub) : undefined;
  } catch {
    return undefined;
  }
}

export class Tokens {
  readonly #getToken: () => string | Promise<string>;
  readonly #clock: Clock;
  #kept: Promise<string> | undefined;

  constructor(getToken: () => string | Promise<string>, clock: Clock) {
    this.#getToken = getToken;
    this.#clock = clock;
  }

  /** A token that should be accepted. Concurrent calls share one request to the host. */
  get(): Promise<string> {
    const token = this.#kept ?? this.#ask();
    this.#kept = token;
    token.catch(() => this.drop(token));
    return token;
  }

  async #ask(): Promise<string> {
    const ask = async () => this.#getToken();
    try {
      return await within(this.#clock, GIVE_UP_MS, ask());
    } catch (error) {
      throw failure('token_failed', `getToken failed: ${textOf(error)}`);
    }
  }

  /** Makes the next call ask for a new token; if `token` is given, only if that is the cached one. */
  drop(token = this.#kept): void {
    if (this.#kept === token) this.#kept = undefined;
  }
}

/** `getToken` returned something that names no user. */
export const noToken = () => failure('unauthenticated', 'getToken answered no token: one has a sub.');
