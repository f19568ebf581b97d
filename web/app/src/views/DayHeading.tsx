import { dayName } from '../models/time.ts';
import { useSurroundings } from './context.ts';
import { memo } from './hooks.ts';

/** The heading of a day, which sticks to the upper edge while the day's messages scroll below it. */
export const DayHeading = memo(({ at }: { at: number }) => {
  const { words } = useSurroundings();
  const name = dayName(at, Date.now());
  const text = name === 'today' || name === 'yesterday' ? words.t(name) : words.date(at, name);
  return <h2 class="day">{text}</h2>;
});
