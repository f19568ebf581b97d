import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { CLOSE, moved, type Point, swiped, WHOLE, type Zoom, zoomed } from '../models/zoom.ts';
import { useLatest } from './hooks.ts';

export interface Gestures {
  /** Enlarges the picture by this factor, about its middle. */
  by(factor: number): void;
}

interface Swipes {
  close(): void;
  /** Moves towards the beginning (left) or the end (right) of the screen. */
  before(): void;
  after(): void;
}

/** Fingers, mouse and wheel on a picture: two fingers or a double tap enlarge it, one moves it, or swipes it away. */
export function useGestures(
  stage: RefObject<HTMLElement | null>,
  picture: string,
  swipes: Swipes,
  hand: (made: Gestures) => void,
): void {
  const latest = useLatest(swipes);
  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return;
    const gestures = new Fingers(element, latest);
    hand(gestures);
    return gestures.listen();
  }, [picture]);
}

class Fingers implements Gestures {
  #zoom: Zoom = WHOLE;
  /** How far a whole picture was dragged by one finger. */
  #drawn: Point = { x: 0, y: 0 };
  readonly #down = new Map<number, Point>();
  #tapped = 0;

  constructor(
    private readonly stage: HTMLElement,
    private readonly swipes: { readonly current: Swipes },
  ) {
    this.#show(false);
  }

  listen(): () => void {
    const listeners = {
      pointerdown: (event: PointerEvent) => this.#press(event),
      pointermove: (event: PointerEvent) => this.#move(event),
      pointerup: (event: PointerEvent) => this.#lift(event),
      pointercancel: (event: PointerEvent) => this.#lift(event),
      wheel: (event: WheelEvent) => this.#wheel(event),
    };
    const all = Object.entries(listeners) as [string, EventListener][];
    for (const [type, listener] of all) this.stage.addEventListener(type, listener, { passive: false });
    return () => {
      for (const [type, listener] of all) this.stage.removeEventListener(type, listener);
    };
  }

  by(factor: number): void {
    this.#zoom = zoomed(this.#zoom, this.#zoom.scale * factor, { x: 0, y: 0 });
    this.#show(true);
  }

  #press(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, this.#place(event));
  }

  #move(event: PointerEvent): void {
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    const now = this.#place(event);
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    this.#down.set(event.pointerId, now);
    const by = { x: now.x - before.x, y: now.y - before.y };
    if (other) {
      const wider = distance(now, other) / Math.max(1, distance(before, other));
      this.#zoom = zoomed(this.#zoom, this.#zoom.scale * wider, {
        x: (now.x + other.x) / 2,
        y: (now.y + other.y) / 2,
      });
    } else if (this.#zoom.scale > 1) {
      this.#zoom = moved(this.#zoom, by, this.stage.getBoundingClientRect());
    } else {
      this.#drawn = { x: this.#drawn.x + by.x, y: this.#drawn.y + by.y };
    }
    this.#show(false);
  }

  #lift(event: PointerEvent): void {
    const at = this.#down.get(event.pointerId);
    if (!this.#down.delete(event.pointerId) || !at || this.#down.size > 0) return;
    const drawn = this.#drawn;
    this.#drawn = { x: 0, y: 0 };
    if (event.type === 'pointerup') this.#ended(drawn, at, event.timeStamp);
    this.#show(true);
  }

  #ended(drawn: Point, at: Point, when: number): void {
    const swipe = this.#zoom.scale === 1 ? swiped(drawn) : undefined;
    if (swipe) this.swipes.current[swipe]();
    if (swipe || Math.hypot(drawn.x, drawn.y) > 12) return;
    const twice = when - this.#tapped < 320;
    this.#tapped = twice ? 0 : when;
    if (twice) this.#zoom = this.#zoom.scale > 1 ? WHOLE : zoomed(this.#zoom, CLOSE, at);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.#zoom = zoomed(this.#zoom, this.#zoom.scale * Math.exp(-event.deltaY / 300), this.#place(event));
    this.#show(false);
  }

  #place(event: MouseEvent): Point {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
  }

  #show(gently: boolean): void {
    const picture = this.stage.querySelector('img');
    if (!picture) return;
    const { scale, x, y } = this.#zoom;
    const down = Math.max(0, this.#drawn.y);
    picture.style.transition = gently ? 'transform 160ms' : 'none';
    picture.style.transform = `translate(${x + this.#drawn.x}px, ${y + down}px) scale(${scale})`;
    this.stage.style.opacity = String(1 - Math.min(0.6, down / 500));
  }
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
