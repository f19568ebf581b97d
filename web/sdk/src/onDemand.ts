/**
 * Everything that reading does not need: a separate script, loaded once the stored messages are shown. All of it needs the
 * server in any case, so nothing is lost while it cannot be loaded.
 */

export { Details } from './details.ts';
export { versions } from './messageCalls.ts';
export { keep, renew } from './renewal.ts';
export { Sender } from './sender.ts';
