import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLatest } from './hooks.ts';

/** How much of the end of a message, in pixels, may be out of sight. */
const TOLERANCE = 48;
/** The interval of checks for changes without an event, such as a host that shows a part of its page. */
const AGAIN_MS = 1_000;

/**
 * Calls `seen` once the end of the last message is visible to the reader, while `wanted`: the page is visible and has the
 * focus, the message is in the viewport, and nothing covers it, neither a dialog nor the embedding page.
 */
export function useSeen(log: RefObject<HTMLElement | null>, wanted: boolean, seen: () => void): void {
  const latest = useLatest(seen);
  useEffect(() => {
    const last = wanted && log.current ? lastMessage(log.current) : undefined;
    if (!last) return;
    let place: DOMRectReadOnly | undefined;
    const look = () => {
      if (place && isInFront(last, place)) latest.current();
    };
    const observer = new IntersectionObserver(
      entries => {
        const entry = entries.at(-1);
        const { intersectionRect: part, boundingClientRect: whole, isIntersecting } = entry ?? {};
        const end = part && whole && isIntersecting && whole.bottom - part.bottom < TOLERANCE;
        place = end && part.height > 0 ? part : undefined;
        look();
      },
      { threshold: [0, 0.25, 0.5, 0.75, 1] },
    );
    // An observer reports nothing while a message that is higher than the screen moves within it, so it starts over
    // each time.
    const again = () => {
      observer.unobserve(last);
      observer.observe(last);
    };
    again();
    const timer = setInterval(again, AGAIN_MS);
    addEventListener('focus', again);
    document.addEventListener('visibilitychange', again);
    return () => {
      observer.disconnect();
      clearInterval(timer);
      removeEventListener('focus', again);
      document.removeEventListener('visibilitychange', again);
    };
  });
}

function lastMessage(log: HTMLElement): HTMLElement | undefined {
  return [...log.querySelectorAll<HTMLElement>('[data-key]')].at(-1);
}

function isInFront(message: HTMLElement, { left, right, bottom, height }: DOMRectReadOnly): boolean {
  if (document.visibilityState !== 'visible' || !document.hasFocus()) return false;
  if (!message.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  const root = message.getRootNode();
  if (!(root instanceof Document || root instanceof ShadowRoot)) return false;
  // The element at its middle is the message itself, or the list around it, unless a dialog or the page covers both.
  const above = root.elementFromPoint((left + right) / 2, bottom - Math.min(height / 2, TOLERANCE / 2));
  return above !== null && (message.contains(above) || above.contains(message));
}
