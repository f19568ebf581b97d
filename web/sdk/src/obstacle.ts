/** Why a microphone or a camera cannot be used, for calls and voice messages alike. */

/**
 * `refused` by the reader or the browser; `noDevice` found; `inUse` by another program; `insecure`: the page is not https;
 * `framed`: the page around this frame does not delegate the permission; `unsupported` by this browser.
 */
export type Obstacle = 'refused' | 'noDevice' | 'inUse' | 'insecure' | 'framed' | 'unsupported';

/** The obstacle behind a rejection of `getUserMedia`. `isForbidden`: whether the page around a frame forbids asking. */
export function obstacleOf(error: unknown, isForbidden: () => boolean): Obstacle {
  const name = (error as { name?: string } | undefined)?.name ?? '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'noDevice';
  if (name === 'NotReadableError' || name === 'AbortError') return 'inUse';
  // If the surrounding page does not delegate the permission, the user was not asked.
  if (name === 'NotAllowedError') return isForbidden() ? 'framed' : 'refused';
  return 'unsupported';
}
