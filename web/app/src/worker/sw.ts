/**
 * The service worker: with it the app opens without a connection, and shows notifications when it is closed. It caches only
 * the app's own files; answers of the API and people's files never pass through it.
 *
 * The page itself comes from the server whenever that answers in time, so a new version, with the names of its own files, is
 * used from the next start on. Files with a hash in their names never change, so cached ones stay valid.
 */

export {};

declare const self: ServiceWorkerGlobalScope;
/** Inserted by the build: the files of this version, relative to this script, and a name for it. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

/** The path of the page: `/`, or that of the server's public URL, such as `/chat/`. */
const PAGE = new URL('./', self.location.href).pathname;
const FILES = __FILES__.map(file => PAGE + file);
/** The emoji picker, which is large, and cached once it was opened. */
const EMOJI = `${PAGE}assets/emoji-`;
/** The prefix of this server's caches: servers below other paths of the same origin have others. */
const PREFIX = `jobline-shell-${PAGE === '/' ? '' : PAGE}`;
const CACHE = PREFIX + __VERSION__;
/** Where a new subscription is sent; and the cache with the app's proof of the previous one. */
const RENEWAL = `${PAGE}push/renew`;
/** How long the server may take before the cached page is shown, in milliseconds. */
const PATIENCE = 2_500;

/** Calls `act` at each event of this type, and keeps the worker alive until it is done. */
const at = <E extends ExtendableEvent>(type: string, act: (event: E) => Promise<void>) =>
  self.addEventListener(type, event => (event as E).waitUntil(act(event as E)));

at('install', fill);
at('activate', dropOthers);
at<PushEvent>('push', ({ data }) => show(data?.json() ?? {}));
at('pushsubscriptionchange', renew);
at<NotificationEvent>('notificationclick', ({ notification }) => {
  notification.close();
  return open(notification.tag);
});

self.addEventListener('fetch', event => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname === PAGE) event.respondWith(page(request));
  else if (FILES.includes(url.pathname) || url.pathname.startsWith(EMOJI)) event.respondWith(file(request));
});

/** What the server pushes about a conversation with unread messages, in the language of the reader. */
interface Pushed {
  readonly conversationId?: string;
  readonly sender?: string;
  /** The title, if there is no sender. */
  readonly title?: string;
  readonly text?: string;
  /** How many are unread, if there are several. */
  readonly more?: string;
  readonly lang?: string;
  readonly dir?: NotificationDirection;
}

/**
 * Shows one notification for each conversation. While the app is visible it is silent and closed at once; but it is shown,
 * since Safari ends the subscription of an app whose pushes show nothing.
 */
async function show({ conversationId: tag, sender, title, text, more, lang, dir }: Pushed): Promise<void> {
  const silent = (await windows()).some(({ visibilityState }) => visibilityState === 'visible');
  await self.registration.showNotification(sender ?? title ?? 'Jobline', {
    body: more ? `${text}\n${more}` : text,
    lang,
    dir,
    tag,
    icon: `${PAGE}icon-192.png`,
    silent,
  });
  if (silent) for (const shown of await self.registration.getNotifications({ tag })) shown.close();
}

/** The type is missing in TypeScript's libraries. */
interface PushSubscriptionChange extends ExtendableEvent {
  /** The new subscription, in browsers that create one. */
  readonly newSubscription?: PushSubscription | null;
}

/**
 * The browser ended the subscription, and it may be long until the app is opened: subscribes again, and sends the new
 * subscription to the server. The stored data of the previous one proves whose it is, since a worker cannot read the token;
 * the answer is stored for the next time. If this fails, the next start of the app subscribes.
 */
async function renew({ newSubscription }: PushSubscriptionChange): Promise<void> {
  const cache = await caches.open(RENEWAL);
  const before = await (await cache.match(RENEWAL))?.json();
  if (!before) return;
  const now = newSubscription ?? (await self.registration.pushManager.subscribe(before));
  const answer = await fetch(RENEWAL, { method: 'POST', body: JSON.stringify({ before, now }) });
  if (answer.ok) await cache.put(RENEWAL, answer);
}

/** Opens a conversation, in the existing window if there is one. */
async function open(conversation: string): Promise<void> {
  const url = `${PAGE}#/c/${encodeURIComponent(conversation)}`;
  const [window] = await windows();
  // A window that was opened before this worker was active cannot be navigated.
  const led = await window?.navigate(url).catch(() => undefined);
  await (led ? led.focus() : self.clients.openWindow(url));
}

const windows = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

/** Caches the page and its files. Rejects, and is tried again later, if the page is not that of this version. */
async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  const answer = await fetch(PAGE, { cache: 'reload' });
  const text = await answer.clone().text();
  // A proxy may answer in place of the server, and another version may have been deployed meanwhile.
  if (!answer.ok || !FILES.some(file => text.includes(file.slice(PAGE.length)))) throw new Error(PAGE);
  await Promise.all([cache.put(PAGE, answer), cache.addAll(FILES)]);
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter(isOlder).map(name => caches.delete(name)));
}

const isOlder = (name: string) =>
  name.startsWith(PREFIX) && name !== CACHE && !name.slice(PREFIX.length).includes('/');

async function page(request: Request): Promise<Response> {
  const kept = caches.match(PAGE, { cacheName: CACHE });
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    // The server always has the page: any other answer is a proxy's, or that of a failing server. A redirect leads to the
    // sign-in of a network.
    const ours = answer.ok || answer.type === 'opaqueredirect';
    return ours ? answer : ((await kept) ?? answer);
  } catch {
    return (await kept) ?? Response.error();
  }
}

async function file(request: Request): Promise<Response> {
  // The files are the same for everyone, so `Vary` is ignored: a script's request has an `Origin`, and the one that filled
  // the cache had none.
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
