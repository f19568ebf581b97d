/** The buttons of calls, and the watch for calls: a separate part of the app. The rest is in `part.ts`. */

export { Calls } from './Calls.tsx';
