import { useMemo } from 'preact/hooks';

/** How long a finger rests before the menu opens, in milliseconds. */
const LONG_MS = 450;
/** How far it may move meanwhile, in pixels. */
const STILL = 10;

/**
 * Right click and long press, which open a menu, and on touch a swipe, which replies: handlers for the bubble of a message.
 * Links and pictures keep what browsers offer for them.
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
