'use client';

import { type BrowserOptions, createJobline, type Jobline, type Observable } from '@jobline/sdk/browser';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';

const Client = createContext<Jobline | undefined>(undefined);

interface Made extends Pick<BrowserOptions, 'getToken' | 'user'> {
  /** Where the server is: `https://chat.example.com`; left out, the page's own origin. */
  readonly baseUrl?: string;
  readonly client?: undefined;
  readonly children?: ReactNode;
}

interface Given {
  /** A client of yours, made by `createJobline`. You end it. */
  readonly client: Jobline;
  readonly children?: ReactNode;
}

/**
 * `getToken` returns a token of the user who is signed in to your site; it may be another function at each rendering. `user` is
 * their id: give it where you know it. When `user` or `baseUrl` changes, the old client ends and a new one begins.
 */
export type JoblineProviderProps = Made | Given;

/**
 * Holds the client for the hooks in its children. The client begins when the provider is mounted and ends when it is
 * unmounted, so nothing runs while a page is rendered on a server. What it keeps on the device stays for the next one.
 */
export function JoblineProvider(props: JoblineProviderProps): ReactElement {
  const { client, children } = props;
  const { baseUrl = '', user, getToken } = client ? ({} as Partial<Made>) : (props as Made);
  const [made, setMade] = useState<Jobline>();
  const latest = useRef(getToken);
  useEffect(() => {
    latest.current = getToken;
  });
  useEffect(() => {
    if (client) return;
    const ask = () => latest.current?.() ?? Promise.reject(new Error('JoblineProvider has no getToken.'));
    const jobline = createJobline({ baseUrl, user, getToken: ask });
    setMade(jobline);
    return () => {
      setMade(undefined);
      jobline.dispose();
    };
  }, [client, baseUrl, user]);
  return createElement(Client.Provider, { value: client ?? made }, children);
}

/**
 * The client of the provider above: `undefined` during the first rendering, and on a server. It does all that the hooks do
 * not, such as `signOut`.
 */
export const useJobline = (): Jobline | undefined => useContext(Client);

const nothing = () => () => undefined;

/** The value of an observable, and `initial` while there is none. `initial` has to be the same object each time. */
export function useValue<T>(observable: Observable<T> | undefined, initial: T): T {
  const first = () => initial;
  return useSyncExternalStore(observable?.subscribe ?? nothing, observable?.get ?? first, first);
}
