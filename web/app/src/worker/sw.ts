/**
 * The service worker: the app opens without a connection, and tells of messages when it is closed. It keeps the app's own
 * files and nothing else; answers of the API and people's files never pass through it.
 *
 * The page itself comes from the server whenever that answers in time, so a new version is used from the next start on, and
 * brings the names of its own files with it. Files with a hash in their names never change: what is kept is right.
 */

export {};

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: the files of this version, as they are seen from this script, and a name for it. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

/** The path of the page: `/`, or that of the server's public URL, such as `/chat/`. */
const PAGE = new URL('./', self.location.href).pathname;
const FILES = __FILES__.map(file => PAGE + file);
/** The emoji picker: it is large, and kept once it was opened. */
const EMOJI = `${PAGE}assets/emoji-`;
/** Servers below other paths of one origin share its caches, and each keeps its own. */
const PREFIX = `jobline-shell-${PAGE === '/' ? '' : PAGE}`;
const CACHE = PREFIX + __VERSION__;
/** Where the server is told of another subscription; and where the app keeps what proves whose the one before is. */
const RENEWAL = `${PAGE}push/renew`;
/** How long the server may take before the page that is kept is shown, in milliseconds. */
const PATIENCE = 2_500;

/** Begins `act` at each event of this type, and holds the worker until it is done. */
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
  /** In place of a sender. */
  readonly title?: string;
  readonly text?: string;
  /** How many are unread, where there are several. */
  readonly more?: string;
  readonly lang?: string;
  readonly dir?: NotificationDirection;
}

/**
 * One notification for each conversation. Where somebody looks at the app it makes no sound and goes at once; but it is shown:
 * Safari ends the subscription of an app whose pushes show nothing.
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

/** Its type has no browser's library. */
interface PushSubscriptionChange extends ExtendableEvent {
  /** What the browser has made already, as some do. */
  readonly newSubscription?: PushSubscription | null;
}

/**
 * The browser ended the subscription and nobody may open the app for long: there is another one, and the server is told. What
 * was kept of the one before proves whose it is, since a token is not kept where a worker can read it; the answer is what to
 * keep from then on. Where it does not work, the next start of the app subscribes.
 */
async function renew({ newSubscription }: PushSubscriptionChange): Promise<void> {
  const cache = await caches.open(RENEWAL);
  const before = await (await cache.match(RENEWAL))?.json();
  if (!before) return;
  const now = newSubscription ?? (await self.registration.pushManager.subscribe(before));
  const answer = await fetch(RENEWAL, { method: 'POST', body: JSON.stringify({ before, now }) });
  if (answer.ok) await cache.put(RENEWAL, answer);
}

/** Opens a conversation, in the window that there is. */
async function open(conversation: string): Promise<void> {
  const url = `${PAGE}#/c/${encodeURIComponent(conversation)}`;
  const [window] = await windows();
  // One that was opened before this worker was there cannot be led anywhere.
  const led = await window?.navigate(url).catch(() => undefined);
  await (led ? led.focus() : self.clients.openWindow(url));
}

const windows = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

/** Keeps the page and its files; rejects, and is tried again later, when the page is not that of this version. */
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
    // The server always has the page: anything but that is a proxy's, or a server in trouble. A redirection leads to a
    // network's own sign-in.
    const ours = answer.ok || answer.type === 'opaqueredirect';
    return ours ? answer : ((await kept) ?? answer);
  } catch {
    return (await kept) ?? Response.error();
  }
}

async function file(request: Request): Promise<Response> {
  // Its own files are the same for everyone, whatever the server says answers vary by: a script's request names its origin,
  // and the one that filled the cache did not.
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
