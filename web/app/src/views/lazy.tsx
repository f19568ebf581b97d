import type { ComponentType } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/**
 * A view whose code is loaded when it is drawn for the first time. Until then, and where that fails, nothing is
 * there.
 */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, redraw] = useState(false);
    useLayoutEffect(() => {
      if (loaded) return;
      load().then(
        view => {
          loaded = view;
          redraw(true);
        },
        error => console.error('A part of the app could not be loaded.', error),
      );
    }, []);
    const View = loaded;
    return View ? <View {...props} /> : null;
  };
}
