/** How far a finger has to move, in pixels, and how far the bubble follows it. */
const FAR = 56;
const FARTHEST = 72;

/**
 * Follows a finger that went down on a bubble: moved sideways, towards the middle of the chat, and let go, it replies. The
 * browser scrolls by the same finger up and down; it cancels the pointer then. The end of a long press is no click.
 */
export function followSwipe(down: PointerEvent, bubble: HTMLElement, reply: () => void): void {
  const towards = getComputedStyle(bubble).direction === 'rtl' ? -1 : 1;
  const listening = new AbortController();
  let gone = 0;
  const moved = (event: PointerEvent) => {
    if (event.pointerId !== down.pointerId) return;
    const [x, y] = [(event.clientX - down.clientX) * towards, event.clientY - down.clientY];
    gone = x > Math.abs(y) ? Math.min(Math.max(0, x), FARTHEST) : 0;
    bubble.style.translate = `${gone * towards}px`;
  };
  const end = (event: PointerEvent) => {
    if (event.pointerId !== down.pointerId) return;
    listening.abort();
    bubble.style.translate = '';
    if (event.type === 'pointerup' && gone >= FAR) reply();
  };
  // A menu that a long press opened is under the finger: what follows its end must not press anything there.
  const lifted = (event: TouchEvent) => {
    const root = bubble.getRootNode() as Document | ShadowRoot;
    if (root.querySelector('dialog[open]')) event.preventDefault();
  };
  bubble.addEventListener('touchend', lifted, { once: true });
  const options = { signal: listening.signal };
  addEventListener('pointermove', moved, options);
  for (const type of ['pointerup', 'pointercancel'] as const) addEventListener(type, end, options);
}
