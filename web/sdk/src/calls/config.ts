/** The server's settings of calls, such as relays and how long a call rings. They are cached for a while. */

import { isRefusal, problemOf } from '../errors.ts';
import type { CallConfig } from '../generated/contract.ts';
import type { Clock } from '../ports.ts';
import type { CallApi } from './api.ts';

/** How long an answer is used: its credentials are valid for an hour. */
const KEPT_MS = 30 * 60_000;

export class Config {
  readonly #api: CallApi;
  readonly #clock: Clock;
  #kept: { readonly config: Promise<CallConfig>; readonly at: number } | undefined;

  constructor(api: CallApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Rejects if the server does not offer calls, or cannot be reached; then it is asked again the next time. */
  get(): Promise<CallConfig> {
    const now = this.#clock.elapsed();
    if (!this.#kept || now - this.#kept.at > KEPT_MS) {
      const config = this.#api.config();
      this.#kept = { config, at: now };
      config.catch(() => {
        this.#kept = undefined;
      });
    }
    return this.#kept.config;
  }
}

/** Whether the server offers calls, by the answer of `config`. Rejects if it cannot be reached. */
export async function isOffered(config: Promise<unknown>): Promise<boolean> {
  try {
    await config;
    return true;
  } catch (error) {
    if (isRefusal(problemOf(error))) return false;
    throw error;
  }
}
