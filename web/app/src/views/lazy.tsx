import type { ComponentType, RenderableProps } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { useAgain } from './useAgain.ts';

/**
 * A view whose code is loaded when it is rendered for the first time. Until then its children are shown, or nothing; if it
 * cannot be loaded, it is tried again while the view is rendered.
 */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: RenderableProps<P>) {
    const [failed, setFailed] = useState(false);
    const [, redraw] = useState(false);
    const [attempt, setAttempt] = useState(0);
    useAgain(failed && !loaded, () => setAttempt(attempt + 1));
    useLayoutEffect(() => {
      if (loaded) return;
      load().then(
        view => {
          loaded = view;
          redraw(true);
        },
        error => {
          console.error('A part of the app could not be loaded.', error);
          setFailed(true);
        },
      );
    }, [attempt]);
    const View = loaded;
    return View ? <View {...props} /> : props.children;
  };
}
