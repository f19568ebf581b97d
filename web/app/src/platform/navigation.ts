import type { ConversationRef, Observable } from '@jobline/sdk';

/** The state of the screen. `photo`: the key of the message whose photo is shown large. */
export interface Route {
  readonly chat?: ConversationRef;
  readonly photo?: string;
}

/** The current route, and navigation. Going back closes what was opened last, as on phones. */
export interface Navigation extends Observable<Route> {
  /** Opens a chat instead of the one that is open. */
  open(chat: ConversationRef): void;
  /** Shows a photo of the chat large; another one replaces it. */
  show(photo: string): void;
  back(): void;
}

/** The route that a fragment such as `#/c/conv_a_b/photo/key` names; the list for anything else. */
export function routeOf(fragment: string): Route {
  const [, place, first, second, third] = fragment.split('/').map(decoded);
  if (place === 'c' && first) return { chat: first, ...(second === 'photo' && third && { photo: third }) };
  if (place !== 'with' || !first) return {};
  const job = Number(second);
  return { chat: Number.isSafeInteger(job) && job > 0 ? { with: first, job } : { with: first } };
}

/** The fragment that names `route`. */
export function fragmentOf({ chat, photo }: Route): string {
  if (chat === undefined) return '#/';
  const place =
    typeof chat === 'string' ? ['c', chat] : ['with', chat.with, ...(chat.job ? [String(chat.job)] : [])];
  return `#/${[...place, ...(photo ? ['photo', photo] : [])].map(encodeURIComponent).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** How many entries of the history belong to the app. */
function depth(): number {
  const state: unknown = history.state;
  return state !== null && typeof state === 'object' && 'depth' in state ? Number(state.depth) : 0;
}

/** Navigation in the fragment of the address: the browser's back button works, and a link opens a chat. */
export function addressNavigation(): Navigation & { stop(): void } {
  const listeners = new Set<() => void>();
  let route = routeOf(location.hash);
  const changed = () => {
    route = routeOf(location.hash);
    for (const listener of listeners) listener();
  };
  const go = (to: Route, replace: boolean) => {
    if (replace) history.replaceState({ depth: depth() }, '', fragmentOf(to));
    else history.pushState({ depth: depth() + 1 }, '', fragmentOf(to));
    changed();
  };
  addEventListener('popstate', changed);
  return {
    get: () => route,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: chat => go({ chat }, route.chat !== undefined),
    show: photo => route.chat !== undefined && go({ chat: route.chat, photo }, route.photo !== undefined),
    back() {
      if (depth() > 0) history.back();
      else go(route.photo && route.chat !== undefined ? { chat: route.chat } : {}, true);
    },
    stop: () => removeEventListener('popstate', changed),
  };
}

/** Navigation without an address, for a chat in a host's page. `fixed`: there is one chat, and no list. */
export function innerNavigation(fixed?: ConversationRef): Navigation {
  const listeners = new Set<() => void>();
  let route: Route = fixed === undefined ? {} : { chat: fixed };
  const go = (to: Route) => {
    route = to;
    for (const listener of listeners) listener();
  };
  return {
    get: () => route,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: chat => go({ chat }),
    show: photo => route.chat !== undefined && go({ chat: route.chat, photo }),
    back() {
      if (route.photo && route.chat !== undefined) go({ chat: route.chat });
      else if (fixed === undefined) go({});
    },
  };
}
