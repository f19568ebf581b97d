/** Messages that are in the page at first. */
export const PAGE = 50;
/** Messages that are in the page at most: what is out of sight by more than that is taken out again. */
export const MOST = 150;

/**
 * Which part of a conversation is in the page. `end` undefined: its latest messages, following new ones; otherwise
 * those up to and including the message with the key `end`. So a conversation of 10,000 messages costs what one of
 * 150 does.
 */
export interface Window {
  readonly end?: string | undefined;
  readonly size: number;
}

/**
 * As much as is seen at first of `keys`, where `fits` messages fill the screen: the first unread one with a few
 * before it, or the latest. More is put in once that is painted.
 */
export function firstSight(keys: readonly string[], unread: string | undefined, fits: number): Window {
  const at = unread === undefined ? -1 : keys.indexOf(unread);
  if (at < 0) return { size: fits };
  const end = Math.min(keys.length, at + fits);
  const size = Math.max(fits, end - at + Math.ceil(fits / 4));
  return end === keys.length ? { size } : { end: keys[end - 1], size };
}

/** The latest messages. */
export const LATEST: Window = { size: PAGE };

/** From where to where, end excluded, in the list `keys`. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** What `window` shows of `keys`, oldest first. A message that is gone ends the window where the list ends. */
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
