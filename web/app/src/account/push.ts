/** Push notifications of this browser: requested by a click, renewed at each start, ended with the session. */

import type { Jobline, Output } from '@jobline/sdk';
import { onDevice } from '../platform/storage.ts';

export type Preferences = Output<'getPreferences'>;

/** The keys for whether this browser's user was asked, and for whom it subscribed. */
const ASKED = 'jobline-push-asked';

/** Set while notifications are on in this browser, even if the subscription has ended. */
const HERE = 'jobline-push-here';

/** `unsupported`: this browser or page does not support notifications, or the server sends none. */
export type PushState = 'unsupported' | 'blocked' | 'off' | 'on';

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('PushManager' in window) || !('Notification' in window)) return undefined;
  return navigator.serviceWorker?.getRegistration();
}

/** The state of notifications in this browser. */
export async function pushState(preferences: Preferences): Promise<PushState> {
  const worker = await registration();
  if (!worker || !preferences.pushKey) return 'unsupported';
  if (Notification.permission === 'denied') return 'blocked';
  return (await worker.pushManager.getSubscription()) ? 'on' : 'off';
}

/** Subscribes this browser. Must be called in a click handler. Returns the new state of notifications. */
export async function startPush(client: Jobline, preferences: Preferences): Promise<PushState> {
  const worker = await registration();
  if (!worker || !preferences.pushKey) return 'unsupported';
  if ((await Notification.requestPermission()) !== 'granted') return pushState(preferences);
  const { pushKey: applicationServerKey } = preferences;
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  await tell(client, subscription);
  onDevice.set(HERE, '1');
  return 'on';
}

/** Ends notifications of this browser, even if the server cannot be reached: it then learns it from the push service. */
export async function endPush(client: Jobline): Promise<void> {
  onDevice.remove(HERE);
  // First, because the worker must not subscribe for a user who has signed out.
  const renewal = await renewalOf();
  const endpoint = await renewal?.forget();
  const subscription = await (await registration())?.pushManager.getSubscription();
  const endpoints = new Set([endpoint, subscription?.endpoint].filter(one => one !== undefined));
  const told = [...endpoints].map(endpoint => client.call('removePush', { endpoint }).catch(() => undefined));
  await subscription?.unsubscribe();
  await Promise.all(told);
}

/**
 * Subscribes again, since the browser may have another subscription or none, or the server another user; repeating it
 * changes nothing. From then on notifications are closed once the app is visible, since it shows the messages.
 */
export async function renewPush(client: Jobline): Promise<void> {
  document.onvisibilitychange = tidy;
  await tidy();
  const subscription = await (await registration())?.pushManager.getSubscription();
  if (subscription) await tell(client, subscription);
  else if (onDevice.get(HERE)) await startPush(client, await client.call('getPreferences', {}));
}

async function tell(client: Jobline, subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh = '', auth = '' } = keys ?? {};
  const told = { endpoint: endpoint ?? '', keys: { p256dh, auth } };
  await client.call('addPush', told);
  const user = client.user.get();
  const key = subscription.options?.applicationServerKey;
  if (user !== undefined && key) await (await renewalOf())?.keep({ user, ...told }, key);
}

/**
 * What the service worker needs to subscribe again if the browser ends the subscription: it reads this from a cache of that
 * name, and sends it to the server at that address. `undefined` if there is no worker.
 */
async function renewalOf() {
  const scope = (await navigator.serviceWorker?.getRegistration())?.scope;
  if (scope === undefined || !('caches' in window)) return undefined;
  const place = new URL('push/renew', scope).pathname;
  return {
    async keep(told: object, key: ArrayBuffer): Promise<void> {
      const base64 = btoa(String.fromCharCode(...new Uint8Array(key)));
      const applicationServerKey = base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
      const kept = { ...told, userVisibleOnly: true, applicationServerKey };
      await (await caches.open(place)).put(place, new Response(JSON.stringify(kept)));
    },
    /** Deletes it, and returns the stored endpoint. */
    async forget(): Promise<string | undefined> {
      const kept = await caches.match(place, { cacheName: place });
      await caches.delete(place);
      return ((await kept?.json()) as { endpoint: string } | undefined)?.endpoint;
    },
  };
}

/** Closes notifications, since the app itself shows the messages now. */
async function tidy(): Promise<void> {
  if (document.visibilityState !== 'visible') return;
  for (const shown of (await (await registration())?.getNotifications()) ?? []) shown.close();
}

/** Whether the user of this browser has already been asked. */
export const wasAsked = (): boolean => onDevice.get(ASKED) !== undefined;
export const noteAsked = (): void => onDevice.set(ASKED, '1');
