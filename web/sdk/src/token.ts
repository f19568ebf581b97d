/** The user token: asked for when it is needed, kept until it expires or is refused. */

import { failure } from './errors.ts';
import type { Clock } from './ports.ts';
import { within } from './time.ts';

const GIVE_UP_MS = 30_000;
/** A token is renewed this long before it expires, so that none expires under way. */
const AHEAD_MS = 30_000;

/** Every browser, worker and server runtime has it. */
declare function atob(text: string): string;

interface Claims {
  readonly sub?: unknown;
  readonly exp?: unknown;
}

export class Tokens {
  readonly #ask: () => string | Promise<string>;
  readonly #clock: Clock;
  #token: string | undefined;
  #expiresAt = Number.POSITIVE_INFINITY;
  #asking: Promise<string> | undefined;

  constructor(ask: () => string | Promise<string>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** A token that should be accepted. However many ask, the host is asked once. */
  get(): Promise<string> {
    if (this.#token !== undefined && this.#clock.now() < this.#expiresAt) return Promise.resolve(this.#token);
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The server did not accept `token`. */
  refused(token: string): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const asked = (async () => this.#ask())();
    const token = await within(this.#clock, GIVE_UP_MS, asked, 'getToken did not answer in 30 s.');
    if (typeof token !== 'string' || token === '')
      throw failure('unauthenticated', 'getToken answered no token.');
    const { exp } = claims(token);
    // A host's clock may differ from this device's: a token that seems to be over already is tried all the same.
    const expiresAt = typeof exp === 'number' ? exp * 1000 - AHEAD_MS : Number.POSITIVE_INFINITY;
    this.#expiresAt = expiresAt > this.#clock.now() ? expiresAt : Number.POSITIVE_INFINITY;
    this.#token = token;
    return token;
  }
}

/** The user that a token is for. */
export function userOf(token: string): string | undefined {
  const { sub } = claims(token);
  return typeof sub === 'string' && sub !== '' ? sub : undefined;
}

function claims(token: string): Claims {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    // Letters beyond ASCII come out wrong; ids and numbers do not.
    const parsed: unknown = JSON.parse(atob(payload));
    return parsed && typeof parsed === 'object' ? parsed : {};
  } catch {
    return {};
  }
}
