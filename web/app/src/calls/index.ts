/** The buttons of calls, and what watches for one: a part of the app of its own. The rest is in `part.ts`. */

export { Calls } from './Calls.tsx';
