import { Shape } from './Icon.tsx';

/** The icons of voice messages, on a field of 24 by 24. */
const PATHS = {
  microphone: 'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3Zm-6 7a6 6 0 0 0 12 0m-6 6v3',
  play: 'M8 5l11 7-11 7Z',
  pause: 'M8 5v14M16 5v14',
  stop: 'M7 7h10v10H7Z',
  lock: 'M7 11h10v9H7Zm2 0V8a3 3 0 0 1 6 0v3',
} as const;

/** An icon; the button has the words in its name. */
export function Drawing({ name }: { name: keyof typeof PATHS }) {
  return <Shape path={PATHS[name]} />;
}
