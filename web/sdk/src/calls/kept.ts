/** What a tab stores of its call for a reload. */

import type { CallMedia } from '../generated/contract.ts';

/** How long after a reload a call is resumed, in milliseconds. */
const RELOAD_MS = 20_000;

export interface Kept {
  readonly id: string;
  readonly conversationId: string;
  readonly device: string;
  readonly media: CallMedia;
  readonly muted: boolean;
  readonly camera: boolean;
  readonly at: number;
}

/** The call to resume; `undefined` if there is none, or it was left too long ago. */
export function keptIn(text: string | undefined, now: number): Kept | undefined {
  try {
    const kept = text === undefined ? undefined : (JSON.parse(text) as Kept);
    return kept && now - kept.at <= RELOAD_MS ? kept : undefined;
  } catch {
    return undefined;
  }
}
