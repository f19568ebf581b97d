/** Milliseconds from one message to the next at the server's default of 10 a minute. */
const USUAL_MS = 6_000;
/** The longest time between messages that a rate limit can require. */
const LONGEST_MS = 60_000;

let longest = 0;

/**
 * When a message will be sent that waits for the rate limit behind `ahead` others. `until`: when the first of them will be.
 * The server does not say its rate, so the longest pause that it has asked for counts as the time between messages.
 */
export function sendsAt(until: number, ahead: number, now: number): number {
  longest = Math.min(LONGEST_MS, Math.max(longest, until - now));
  return until + ahead * Math.max(longest, USUAL_MS);
}
