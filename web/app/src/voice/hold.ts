/** A finger held on the microphone: releasing sends, sliding sideways cancels, sliding up locks. */

/** A shorter touch is a tap, in milliseconds. */
const TAP_MS = 300;
/** How far a finger has to move to cancel or to lock, in pixels. */
const FAR = 88;
/** How far a finger may move during a tap, as a share of that distance. */
const STILL = 0.2;

/**
 * `tapped`: the recording continues without the finger, as after a click. `released`: it is to be sent. `interrupted`:
 * the browser took the pointer, or the page was hidden, as by a phone call.
 */
export type HoldEnd = 'tapped' | 'released' | 'cancelled' | 'locked' | 'interrupted';

/** The progress of the finger towards cancelling or locking, from 0 to 1. Only one of them is more than 0. */
export interface Slide {
  readonly cancel: number;
  readonly lock: number;
}

/**
 * The slide of a finger that has moved by `x` and `y` pixels. It cancels to the left, or to the right in right-to-left text.
 */
export function slideOf(x: number, y: number, isRightToLeft: boolean): Slide {
  const [side, up] = [isRightToLeft ? x : -x, -y];
  const part = (way: number) => Math.min(1, Math.max(0, way / FAR));
  return side > up ? { cancel: part(side), lock: 0 } : { cancel: 0, lock: part(up) };
}

/** The action of a finger that was lifted after `ms`, at `slide`. */
export function releaseAfter(ms: number, { cancel, lock }: Slide): HoldEnd {
  return ms < TAP_MS && cancel + lock < STILL ? 'tapped' : 'released';
}

export interface HoldListener {
  slid(slide: Slide): void;
  /** Called once, as the last event. */
  ended(how: HoldEnd): void;
}

/** Follows the finger that went down on `button`. Other fingers are ignored. */
export function followHold(down: PointerEvent, button: HTMLElement, { slid, ended }: HoldListener): void {
  const isRightToLeft = getComputedStyle(button).direction === 'rtl';
  const since = performance.now();
  const listening = new AbortController();
  let slide: Slide = { cancel: 0, lock: 0 };
  const end = (how: HoldEnd) => {
    listening.abort();
    ended(how);
  };
  const on = (name: string, heard: (event: PointerEvent) => void) =>
    addEventListener(name, event => heard(event as PointerEvent), {
      signal: listening.signal,
      capture: true,
    });
  const ours = (heard: (event: PointerEvent) => void) => (event: PointerEvent) => {
    if (event.pointerId === down.pointerId) heard(event);
  };
  on(
    'pointermove',
    ours(({ clientX, clientY }) => {
      slide = slideOf(clientX - down.clientX, clientY - down.clientY, isRightToLeft);
      if (slide.cancel === 1) end('cancelled');
      else if (slide.lock === 1) end('locked');
      else slid(slide);
    }),
  );
  on(
    'pointerup',
    ours(() => end(releaseAfter(performance.now() - since, slide))),
  );
  on(
    'pointercancel',
    ours(() => end('interrupted')),
  );
  on('visibilitychange', () => document.visibilityState === 'hidden' && end('interrupted'));
  // A resting finger opens a menu on some phones.
  on('contextmenu', event => event.preventDefault());
}
