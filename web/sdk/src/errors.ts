/** The error, by the contract's codes. */

import type { Code as ContractCode } from './generated/contract.ts';

/**
 * The contract's codes, and four of this client: `network` (no answer, or one that is not this server's: offline, a proxy,
 * a captive portal), `proxy_refused` (a proxy refused this message repeatedly while other requests succeeded; `status` is
 * its answer), `token_failed` (`getToken` rejected, or did not answer in time) and `signed_out` (after `signOut` or
 * `dispose`, or after another user's token).
 */
export type Code = ContractCode | 'network' | 'proxy_refused' | 'token_failed' | 'signed_out';

/** Plain data, so that it can be stored with a refused message. */
export interface Problem {
  readonly code: Code;
  /** English, for developers: it says what to do. Show readers a text of your own for `code`. */
  readonly detail: string;
  readonly status?: number;
  /** The input that is wrong. */
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** What the client's promises reject with. */
export class JoblineError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = 'JoblineError';
    this.problem = problem;
  }
}

export function failure(code: Code, detail: string, more?: Partial<Problem>): JoblineError {
  return new JoblineError({ ...more, code, detail });
}

/** Calls after `signOut` and `dispose` reject with this. */
export const ended = () => failure('signed_out', 'This client has ended.');

/** The text of a thrown value. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The problem in a thrown value; anything but an answer of the server counts as a lost connection. */
export function problemOf(error: unknown): Problem {
  if (error instanceof JoblineError) return error.problem;
  return { code: 'network', detail: textOf(error) };
}

/**
 * Whether a retry cannot help, because the server checked the input and refused it. Everything else is temporary: no
 * connection, a token to be renewed, a rate limit, a server that is down.
 */
export function isRefusal({ code, status = 0 }: Problem): boolean {
  const passes = ['unauthenticated', 'rate_limited', 'network'].includes(code);
  return !passes && status >= 400 && status < 500;
}
