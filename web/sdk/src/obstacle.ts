/** Why a microphone or a camera cannot be had, for calls and voice messages alike. */

/**
 * `refused` by the reader or the browser; `noDevice` is there; `inUse` by another program; the page is `insecure`, not https;
 * the page around this frame does not pass the permission on: `framed`; `unsupported` by this browser.
 */
export type Obstacle = 'refused' | 'noDevice' | 'inUse' | 'insecure' | 'framed' | 'unsupported';

/** The obstacle behind what `getUserMedia` rejected with. `isForbidden`: whether the page around a frame forbids asking. */
export function obstacleOf(error: unknown, isForbidden: () => boolean): Obstacle {
  const name = (error as { name?: string } | undefined)?.name ?? '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'noDevice';
  if (name === 'NotReadableError' || name === 'AbortError') return 'inUse';
  // Where the page around does not pass the permission on, nobody was asked.
  if (name === 'NotAllowedError') return isForbidden() ? 'framed' : 'refused';
  return 'unsupported';
}
