import { useMemo } from 'preact/hooks';

/** How long a finger has to rest before the menu opens, in milliseconds. */
const LONG_MS = 450;
/** How far it may move meanwhile, in pixels. */
const STILL = 10;

/**
 * Handlers for the bubble of a message: right click and long press open the menu, and a swipe on a touch screen replies.
 * Links and pictures keep the browser's own menu.
 */
export function usePress(open: (at: Element) => void, reply: () => void) {
  return useMemo(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let from = { x: 0, y: 0 };
    const stop = () => clearTimeout(timer);
    return {
      onContextMenu: (event: MouseEvent & { currentTarget: Element }) => {
        // A user who selected text, or pressed a link, wants the browser's menu.
        const marked = getSelection()?.isCollapsed === false;
        if (marked || (event.target instanceof Element && event.target.closest('a'))) return;
        stop();
        event.preventDefault();
        open(event.currentTarget);
      },
      onPointerDown: (event: PointerEvent & { currentTarget: HTMLElement }) => {
        const at = event.currentTarget;
        stop();
        if (event.pointerType === 'mouse') return;
        from = { x: event.clientX, y: event.clientY };
        timer = setTimeout(() => open(at), LONG_MS);
        import('./MessageDialog.tsx').then(
          ({ followSwipe }) => followSwipe(event, at, reply),
          () => undefined,
        );
      },
      onPointerMove: (event: PointerEvent) => {
        if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL) stop();
      },
      onPointerUp: stop,
      onPointerCancel: stop,
    };
  }, [open, reply]);
}
