/** What views see of calls. Pictures and sound are not in here: `Calls.stream` answers them. */

import type { Problem } from '../errors.ts';
import type { CallMedia } from '../generated/contract.ts';
import type { Obstacle } from '../obstacle.ts';

export type { Obstacle };

/** What somebody lets the others hear and see. */
export interface Shown {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

/**
 * `asking` for the microphone, `calling` others, `ringing` here, `connecting` after it was accepted, `connected`,
 * `reconnecting` when nothing comes from the others any more, `over`.
 */
export type CallPhase =
  | 'asking'
  | 'calling'
  | 'ringing'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'over';

/** How it ended. `elsewhere`: another device of the reader has it. `lost`: the others could not be reached any more. */
export type Outcome = 'declined' | 'cancelled' | 'missed' | 'ended' | 'elsewhere' | 'lost' | 'failed';

/** Somebody else in the call. */
export interface Participant {
  readonly userId: string;
  readonly connected: boolean;
  readonly shown: Shown;
  /** Much of what is sent does not arrive, or late. */
  readonly weak: boolean;
}

export interface CurrentCall {
  /** Absent until the server knows it. */
  readonly id?: string;
  readonly conversationId: string;
  readonly media: CallMedia;
  /** Who called; absent until the server knows it. */
  readonly startedBy?: string;
  readonly phase: CallPhase;
  /** Unix milliseconds: since when this device is in it. */
  readonly since?: number;
  readonly own: Shown;
  readonly others: readonly Participant[];
  /** Of a call that is over. */
  readonly outcome?: Outcome;
  readonly obstacle?: Obstacle;
  readonly problem?: Problem;
}

export interface CallsState {
  /** There is one call at a time; one that is over stays until it is dismissed. */
  readonly call?: CurrentCall;
}
