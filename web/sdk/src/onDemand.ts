/**
 * What reading needs not: a script of its own, loaded once the kept messages are shown. All of it needs the server in any
 * case, so nothing is lost where it cannot be loaded yet.
 */

export { Introduction } from './introduction.ts';
export { keep, renew } from './renewal.ts';
export { Sender } from './sender.ts';
export { versions } from './telling.ts';
