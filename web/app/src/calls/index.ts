/** Calls: a part of the app of its own. */

export { Calls } from './Calls.tsx';
