/** The state of calls for views. Audio and video are not in it: `Calls.stream` returns them. */

import type { Problem } from '../errors.ts';
import type { CallMedia } from '../generated/contract.ts';
import type { Obstacle } from '../obstacle.ts';

export type { Obstacle };

/** What a participant lets the others hear and see. */
export interface Shown {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

/**
 * `asking` for the microphone, `calling` others, `ringing` here, `connecting` after it was accepted, `connected`,
 * `reconnecting` while nothing arrives from the others, `over`.
 */
export type CallPhase =
  | 'asking'
  | 'calling'
  | 'ringing'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'over';

/** How it ended. `elsewhere`: another device of the reader took it. `lost`: the others could no longer be reached. */
export type Outcome = 'declined' | 'cancelled' | 'missed' | 'ended' | 'elsewhere' | 'lost' | 'failed';

/** Somebody else in the call. */
export interface Participant {
  readonly userId: string;
  readonly connected: boolean;
  readonly shown: Shown;
  /** Many packets are lost or late. */
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
  /** Unix milliseconds: when this device joined. */
  readonly since?: number;
  readonly own: Shown;
  readonly others: readonly Participant[];
  /** Of a call that is over. */
  readonly outcome?: Outcome;
  readonly obstacle?: Obstacle;
  readonly problem?: Problem;
}

export interface CallsState {
  /** The only call; one that is over stays until it is dismissed. */
  readonly call?: CurrentCall;
}
