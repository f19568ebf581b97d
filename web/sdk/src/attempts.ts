/** Failed attempts: how many, and when the next one is due. In memory only; after a reload everything is tried at once. */

import type { Problem } from './errors.ts';
import type { Ports } from './ports.ts';
import { Backoff } from './time.ts';

/** How often a proxy may answer in place of the server before the message counts as refused. */
const REFUSALS = 5;
/** How long the server may fail at a message, in milliseconds, before the message counts as refused. */
const TROUBLE_MS = 15 * 60_000;
/** How often a file may be uploaded again because the server does not find it. */
const UPLOADS = 3;
/** How long a file is tried, in milliseconds, before later messages go first. */
const AHEAD_MS = 60_000;

/** Statuses about the connection or a temporary state, not about the request. */
const PASSING = [401, 407, 408, 425, 429, 502, 503, 504];

/** Whether a proxy or a firewall answered in place of the server, or the server failed at this request. */
const refusedOnTheWay = ({ code, status = 0 }: Problem) =>
  code === 'network' && status > 0 && status < 520 && !PASSING.includes(status);

interface Attempt {
  /** `OutboxRow.order`: a retry by the reader has a new one, and starts over. */
  readonly order: number;
  readonly backoff: Backoff;
  /** When it failed for the first time, by `Clock.elapsed`, as all times here. */
  readonly since: number;
  failures: number;
  refusals: number;
  uploads: number;
  failedAt: number;
  notBefore: number;
}

export class Attempts {
  readonly #ports: Ports;
  readonly #attempts = new Map<string, Attempt>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  isDue(name: string, order = 0): boolean {
    const { notBefore } = this.#known(name, order) ?? { notBefore: 0 };
    return notBefore <= this.#ports.clock.elapsed();
  }

  /** Whether the file of this message has been failing for so long that later messages go first. */
  isOvertaken(name: string, order: number): boolean {
    const attempt = this.#known(name, order);
    return attempt !== undefined && attempt.failures > 1 && attempt.failedAt - attempt.since >= AHEAD_MS;
  }

  /**
   * It failed. Returns whether that is final: a proxy refuses it repeatedly, or the server fails at it for a quarter of an
   * hour, while polls, of which the last was answered at `answeredAt`, succeed.
   */
  failed(name: string, order: number, problem: Problem, answeredAt: number): boolean {
    const attempt = this.#attempt(name, order);
    const first = attempt.failures === 0;
    if (refusedOnTheWay(problem) && (first || answeredAt > attempt.failedAt)) attempt.refusals += 1;
    attempt.failures += 1;
    attempt.failedAt = this.#ports.clock.elapsed();
    attempt.notBefore = attempt.failedAt + attempt.backoff.next(problem.retryAfterMs);
    if ((problem.status ?? 0) >= 500 && attempt.failedAt - attempt.since < TROUBLE_MS) return false;
    return attempt.refusals >= REFUSALS;
  }

  /** The server does not find the file, or not as it was announced. Returns whether to upload it once more. */
  uploadsAgain(name: string, order: number): boolean {
    const attempt = this.#attempt(name, order);
    attempt.uploads += 1;
    return attempt.uploads < UPLOADS;
  }

  /** It has succeeded, or is refused. */
  forget(name: string): void {
    this.#attempts.delete(name);
  }

  /** Makes everything due now: there is a connection again, or the reader is back. */
  retryNow(): void {
    for (const attempt of this.#attempts.values()) {
      attempt.notBefore = 0;
      attempt.backoff.reset();
    }
  }

  /** Milliseconds until the next attempt is due; `undefined` if none is pending. */
  wait(): number | undefined {
    const now = this.#ports.clock.elapsed();
    const due = [...this.#attempts.values()].map(({ notBefore }) => notBefore).filter(at => at > now);
    return due.length > 0 ? Math.min(...due) - now : undefined;
  }

  #known(name: string, order: number): Attempt | undefined {
    const attempt = this.#attempts.get(name);
    return attempt?.order === order ? attempt : undefined;
  }

  #attempt(name: string, order: number): Attempt {
    const now = this.#ports.clock.elapsed();
    const counts = { failures: 0, refusals: 0, uploads: 0, failedAt: now, notBefore: 0 };
    const backoff = new Backoff(this.#ports.random);
    const attempt = this.#known(name, order) ?? { order, backoff, since: now, ...counts };
    this.#attempts.set(name, attempt);
    return attempt;
  }
}
