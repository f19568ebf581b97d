/**
 * Everything that reading and writing a message do not need: a separate script, loaded once the stored messages are shown.
 * What needs it rejects while it cannot be loaded.
 */

export { addCommand, dismiss } from './acts.ts';
export { Details } from './details.ts';
export { versions } from './messageCalls.ts';
export { keep, renew } from './renewal.ts';
export { Sender } from './sender.ts';
export { again, discard } from './unsent.ts';
