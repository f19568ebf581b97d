const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in the unit that a list shows it in. `date`: too long for a number to help. */
export type Ago =
  | { readonly unit: 'now' }
  | { readonly unit: 'date' }
  | { readonly unit: 'minutes' | 'hours' | 'days'; readonly count: number };

/** How long before `now` it was; both in milliseconds since 1970. The future, of a clock that is wrong, is now. */
export function ago(then: number, now: number): Ago {
  const past = now - then;
  if (past < MINUTE) return { unit: 'now' };
  if (past < HOUR) return { unit: 'minutes', count: Math.floor(past / MINUTE) };
  if (past < DAY) return { unit: 'hours', count: Math.floor(past / HOUR) };
  if (past < 7 * DAY) return { unit: 'days', count: Math.floor(past / DAY) };
  return { unit: 'date' };
}

/**
 * The day of an instant in the reader's zone, as a number that rises by one each day, whatever daylight saving does.
 */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}

/** What the heading of a day says. `weekday` is used within the last week, `date` before it. */
export type DayName = 'today' | 'yesterday' | 'weekday' | 'date' | 'dateAndYear';

/** How to name the day of `at`, seen from `now`. */
export function dayName(at: number, now: number): DayName {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days < 7) return 'weekday';
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? 'date' : 'dateAndYear';
}
