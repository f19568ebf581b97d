import { Shape } from '../views/Icon.tsx';
import { BUTTON_PATHS } from './buttonPaths.ts';

/** The icons of calls, on a field of 24 by 24. */
const PATHS = {
  ...BUTTON_PATHS,
  cameraOff:
    'M4 7h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Zm11 4 6-3v8l-6-3M3 3l18 18',
  microphone: 'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3Zm-6 7a6 6 0 0 0 12 0m-6 6v3',
  muted: 'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3Zm-6 7a6 6 0 0 0 12 0m-6 6v3M4 4l16 16',
  screen:
    'M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm4 15h8m-4-4v4m0-6V8m-3 3 3-3 3 3',
  end: 'M3 14c5-5 13-5 18 0l-2.500 3-4-1.500v-2.500a9 9 0 0 0-5 0V15.500L5.500 17Z',
  full: 'M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5',
  notFull: 'M9 4v5H4m16 0h-5V4m0 16v-5h5M4 15h5v5',
  pip: 'M4 5h16v14H4Zm8 7h6v5h-6Z',
  small: 'M20 4l-7 7m0-5v5h5M4 20l7-7m0 5v-5H6',
  large: 'M13 11l7-7m-5 0h5v5M11 13l-7 7m5 0H4v-5',
  settings: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4m-6 6v4',
} as const;

export type DrawingName = keyof typeof PATHS;

/** An icon; the button has the words in its name. */
export function Drawing({ name }: { name: DrawingName }) {
  return <Shape path={PATHS[name]} />;
}
