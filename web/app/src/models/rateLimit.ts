/** Milliseconds from one message to the next at the server's default of 10 a minute. */
const USUAL_MS = 6_000;
/** No limit that a server is given makes readers wait longer than this for each message. */
const LONGEST_MS = 60_000;

let longest = 0;

/**
 * When a message is sent that waits for the rate limit behind `turn` others. `until`: when the first of them is. The
 * server does not tell its rate; the longest pause that it has asked for is the time from one message to the next.
 */
export function sendsAt(until: number, turn: number, now: number): number {
  longest = Math.min(LONGEST_MS, Math.max(longest, until - now));
  return until + turn * Math.max(longest, USUAL_MS);
}
