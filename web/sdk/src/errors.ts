/** The error, by the contract's codes. */

import type { Code as ContractCode } from './generated/contract.ts';

/**
 * The contract's codes, and four of this client's own: `network` (no answer, or one that is not this server's: offline,
 * a proxy, a captive portal), `proxy_refused` (something between here and the server refused this message again and
 * again, while other requests went through; `status` is what it answered), `token_failed` (`getToken` rejected, or did not
 * answer in time) and `signed_out` (`signOut` or `dispose` came
 * first, or somebody else's token).
 */
export type Code = ContractCode | 'network' | 'proxy_refused' | 'token_failed' | 'signed_out';

/** Plain data, so that it can be kept with a refused message. */
export interface Problem {
  readonly code: Code;
  /** English, for developers: it says what to do. Show readers your own words for `code`. */
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

/** What comes after `signOut` and `dispose` rejects with this. */
export const ended = () => failure('signed_out', 'This client has ended.');

/** What is said by whatever was thrown. */
export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The problem in whatever was thrown; what is not an answer of the server's counts as a lost connection. */
export function problemOf(error: unknown): Problem {
  if (error instanceof JoblineError) return error.problem;
  return { code: 'network', detail: textOf(error) };
}

/**
 * Whether asking again cannot help: the server checked the input and refused it. Everything else passes, in time: no
 * connection, a token to be renewed, a rate limit, a server that is down.
 */
export function isRefusal({ code, status = 0 }: Problem): boolean {
  const passes = ['unauthenticated', 'rate_limited', 'network'].includes(code);
  return !passes && status >= 400 && status < 500;
}
