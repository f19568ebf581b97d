/** A call that rings for the user, whatever else was written in its conversation. */

import type { Call } from '../generated/contract.ts';
import type { ConversationsState } from '../state.ts';

/** Calls that rang longer ago than this are not requested: the clocks of device and server may differ, but not by so much. */
const OLD_MS = 10 * 60_000;

export interface Ringing {
  readonly conversationId: string;
  /** As the device knows it, which may be older than the truth. */
  readonly call: Call;
}

/** The first call that somebody else than `me` started, of those that `isKnown` does not know. `now` is in Unix milliseconds. */
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
