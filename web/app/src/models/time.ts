const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in the unit for a list. `date`: so long ago that a date is clearer. */
export type Ago =
  | { readonly unit: 'now' }
  | { readonly unit: 'date' }
  | { readonly unit: 'minutes' | 'hours' | 'days'; readonly count: number };

/** How long before `now` it was; both in Unix milliseconds. A future time, by a wrong clock, counts as now. */
export function ago(then: number, now: number): Ago {
  const past = now - then;
  if (past < MINUTE) return { unit: 'now' };
  if (past < HOUR) return { unit: 'minutes', count: Math.floor(past / MINUTE) };
  if (past < DAY) return { unit: 'hours', count: Math.floor(past / HOUR) };
  if (past < 7 * DAY) return { unit: 'days', count: Math.floor(past / DAY) };
  return { unit: 'date' };
}

/**
 * The day of a time in the reader's zone, as a number that grows by one each day, in spite of daylight saving time.
 */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}

/** The form of a day's heading. `weekday` is used within the last week, `date` before it. */
export type DayName = 'today' | 'yesterday' | 'weekday' | 'date' | 'dateAndYear';

/** The form for the day of `at`, relative to `now`. */
export function dayName(at: number, now: number): DayName {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days < 7) return 'weekday';
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? 'date' : 'dateAndYear';
}
