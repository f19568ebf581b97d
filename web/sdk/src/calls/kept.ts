/** What a tab keeps of its call through a reload. */

import type { CallMedia } from '../generated/contract.ts';

/** How long after a reload a call is gone on with, in milliseconds. */
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

/** The call that is gone on with; `undefined` for none, and for one that was left too long ago. */
export function keptIn(text: string | undefined, now: number): Kept | undefined {
  try {
    const kept = text === undefined ? undefined : (JSON.parse(text) as Kept);
    return kept && now - kept.at <= RELOAD_MS ? kept : undefined;
  } catch {
    return undefined;
  }
}
