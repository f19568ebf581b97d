import type { Observable } from '@jobline/sdk';
import { Component, type ComponentType, createElement } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks';

/** The value of `source`; renders the view again when it changes. */
export function useValue<T>(source: Observable<T>): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const value = source.get();
  useLayoutEffect(() => {
    const stop = source.subscribe(() => redraw(undefined));
    // It may have changed between rendering and subscribing.
    if (source.get() !== value) redraw(undefined);
    return stop;
  }, [source]);
  return value;
}

/** The time, read again every `every` milliseconds. */
export function useNow(every: number): number {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => redraw(undefined), every);
    return () => clearInterval(timer);
  }, [every]);
  return Date.now();
}

/** The newest value, for handlers that outlive the render in which they were created. */
export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}

/** `View`, rendered again only if a property has changed. */
export function memo<P extends object>(View: ComponentType<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>) {
      const before: Partial<P> = this.props;
      return Object.entries(next).some(([name, value]) => before[name as keyof P] !== value);
    }
    override render() {
      return createElement(View, this.props as P);
    }
  };
}
