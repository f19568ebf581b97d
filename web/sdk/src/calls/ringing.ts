/** A call that rings for the user, whatever was written in its conversation since. */

import type { Call } from '../generated/contract.ts';
import type { ConversationsState } from '../state.ts';

/** Calls that rang longer ago than this are ignored: the clocks of device and server may differ, but not by so much. */
const OLD_MS = 10 * 60_000;

export interface Ringing {
  readonly conversationId: string;
  /** As stored on the device, so it may be stale. */
  readonly call: Call;
}

/** The first call that somebody other than `me` started and that `isKnown` does not know. `now` is in Unix milliseconds. */
export function ringingIn(
  items: ConversationsState['items'],
  me: string | undefined,
  now: number,
  isKnown: (callId: string) => boolean = () => false,
): Ringing | undefined {
  for (const { id: conversationId, call } of items) {
    if (call?.state !== 'ringing' || call.startedBy === me || isKnown(call.id)) continue;
    if (Math.abs(now - Date.parse(call.startedAt)) <= OLD_MS) return { conversationId, call };
  }
  return undefined;
}
