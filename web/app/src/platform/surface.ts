import type { Observable } from '@jobline/sdk';

/** Shows the number of unread messages in the tab's title and on the app's icon. */
export function showUnread(unread: Observable<number>, title: string): () => void {
  const show = () => {
    const count = unread.get();
    document.title = count > 0 ? `(${count}) ${title}` : title;
    // Absent in some browsers; refused in a page that is not installed.
    const told = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    told?.catch(() => undefined);
  };
  show();
  return unread.subscribe(show);
}

/**
 * Keeps the app above the keyboard in browsers that do not (Safari does not know `interactive-widget`): there only the
 * visual viewport shrinks, and the page is scrolled instead.
 */
export function followKeyboard(root: HTMLElement): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const follow = () => {
    const covered = viewport.scale === 1 && window.innerHeight - viewport.height > 1;
    root.style.height = covered ? `${viewport.height}px` : '';
    if (covered) window.scrollTo(0, 0);
  };
  viewport.addEventListener('resize', follow);
  viewport.addEventListener('scroll', follow);
}
