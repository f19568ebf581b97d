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
/** How long the server may take before the page that is kept is shown, in milliseconds. */
const PATIENCE = 2_500;

self.addEventListener('install', event => {
  event.waitUntil(fill());
});

self.addEventListener('activate', event => {
  event.waitUntil(dropOthers());
});

self.addEventListener('fetch', event => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname === PAGE) event.respondWith(page(request));
  else if (FILES.includes(url.pathname) || url.pathname.startsWith(EMOJI)) event.respondWith(file(request));
});

self.addEventListener('push', event => {
  event.waitUntil(show(event.data?.json() ?? {}));
});

self.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(open(event.notification.tag));
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
  if (!answer.ok || !__FILES__.some(file => text.includes(file))) throw new Error('This is not the page.');
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
