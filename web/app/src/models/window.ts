/** How many messages are in the page at first. */
export const PAGE = 50;
/** How many messages are in the page at most: those further away are removed again. */
export const MOST = 150;

/**
 * The part of a conversation in the page. `end` undefined: its latest messages, following new ones; otherwise those up to
 * and including the message with the key `end`. So a conversation of 10,000 messages costs as much as one of 150.
 */
export interface Window {
  readonly end?: string | undefined;
  readonly size: number;
}

/**
 * The part of `keys` that is visible at first, if `fits` messages fill the screen: the first unread one with a few
 * before it, or the latest. The rest is added once this is painted.
 */
export function initialWindow(keys: readonly string[], unread: string | undefined, fits: number): Window {
  const at = unread === undefined ? -1 : keys.indexOf(unread);
  if (at < 0) return { size: fits };
  const end = Math.min(keys.length, at + fits);
  const size = Math.max(fits, end - at + Math.ceil(fits / 4));
  return end === keys.length ? { size } : { end: keys[end - 1], size };
}

/** The latest messages. */
export const LATEST: Window = { size: PAGE };

/** A range of the list `keys`, without its end. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** The part of `keys` in `window`, oldest first. If its last message is gone, the window ends where the list ends. */
export function slice(window: Window, keys: readonly string[]): Slice {
  const at = window.end === undefined ? -1 : keys.lastIndexOf(window.end);
  const to = at < 0 ? keys.length : at + 1;
  return { from: Math.max(0, to - window.size), to };
}

/** The window one page towards the beginning. */
export function older(window: Window, keys: readonly string[]): Window {
  const { from, to } = slice(window, keys);
  if (from === 0) return window;
  const start = Math.max(0, from - PAGE);
  const end = Math.min(to, start + MOST);
  return endingAt(keys, end, end - start);
}

/** The window one page towards the latest message. */
export function newer(window: Window, keys: readonly string[]): Window {
  const { from, to } = slice(window, keys);
  if (to === keys.length) return window;
  const end = Math.min(keys.length, to + PAGE);
  return endingAt(keys, end, Math.min(MOST, end - from));
}

/** The window with the message `key` in its middle, such as the first unread one. */
export function around(keys: readonly string[], key: string): Window {
  const at = keys.indexOf(key);
  if (at < 0 || keys.length - at < PAGE) return LATEST;
  const end = Math.min(keys.length, at + PAGE);
  return endingAt(keys, end, Math.min(end, MOST));
}

function endingAt(keys: readonly string[], end: number, size: number): Window {
  return end === keys.length ? { size: Math.max(PAGE, size) } : { end: keys[end - 1], size };
}
