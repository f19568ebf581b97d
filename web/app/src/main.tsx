/** The app at `/`: finds out who this is, then shows the chat, the people of the demo, or how to sign in. */

import { createJobline, type Jobline } from '@jobline/sdk/browser';
import { type ComponentChildren, render } from 'preact';
import type { Translator } from './i18n/translator.ts';
import { baseOf } from './platform/addresses.ts';
import { firstScreenReady } from './platform/firstScreen.ts';
import { pageHttp } from './platform/http.ts';
import { watchInstall } from './platform/install.ts';
import { english, load, preferredLanguage } from './platform/language.ts';
import { addressNavigation } from './platform/navigation.ts';
import { Pictures } from './platform/pictures.ts';
import { watchParts } from './platform/reload.ts';
import {
  type DemoPerson,
  demoToken,
  dropSession,
  keepSession,
  type Link,
  personIn,
  readSession,
  type Session,
  takeLink,
  tokenOf,
} from './platform/session.ts';
import { followKeyboard, showUnread } from './platform/surface.ts';
import { Trays } from './platform/trays.ts';
import { lazy } from './views/lazy.tsx';
import { MessagePage } from './views/MessagePage.tsx';
import { Root } from './views/Root.tsx';
import './styles/all.css';

const DemoPage = lazy(async () => (await import('./views/DemoPage.tsx')).DemoPage);
const SwitchUser = lazy(async () => (await import('./views/DemoPage.tsx')).SwitchUser);

const BASE = baseOf(document);
const place = document.getElementById('app') ?? document.body;
let words: Translator = english();

function draw(view: ComponentChildren): void {
  document.documentElement.lang = words.lang;
  document.documentElement.dir = words.dir;
  render(view, place);
}

/** A page without a chat, in the same frame. */
function drawPage(view: ComponentChildren): void {
  document.title = words.t('appName');
  draw(
    <div class="root" lang={words.lang} dir={words.dir}>
      {view}
    </div>,
  );
}

/** Shows that the app waits for the server. */
function drawWaiting(): void {
  drawPage(
    <main class="page">
      <span class="spinner" role="img" aria-label={words.t('loading')} />
    </main>,
  );
}

const Calls = lazy(async () => (await import('./calls/index.ts')).Calls);

/** Stores the name of the signed-in user, for the question when another user's link is opened. */
function rememberName(client: Jobline, session: Session): () => void {
  return client.conversations.subscribe(() => {
    const { me } = client.conversations.get();
    if ('demo' in session || !me || me.name === me.id || me.name === session.name) return;
    // The user may just have signed out in another tab.
    if (!readSession()) return;
    session = { ...session, name: me.name };
    keepSession(session);
  });
}

async function chat(session: Session): Promise<void> {
  // The cache opens while the language is fetched.
  const getToken = 'token' in session ? tokenOf(session) : () => demoToken(BASE, session.demo.id);
  const client = createJobline({
    baseUrl: BASE,
    ports: { http: pageHttp() },
    user: personIn(session),
    getToken,
  });
  const navigation = addressNavigation();
  const sight = firstScreenReady(client, navigation);
  words = await load(preferredLanguage());
  const pictures = new Pictures();
  const trays = new Trays();
  const stops = [showUnread(client.unread, words.t('appName')), rememberName(client, session)];
  const leave = async (signOut: () => Promise<void>) => {
    for (const stop of stops) stop();
    navigation.stop();
    dropSession(session);
    // The next user of this browser must not get notifications of the previous one.
    await push('endPush', client);
    await signOut();
    pictures.clear();
    trays.clear();
    history.replaceState(null, '', location.pathname);
    navigator.clearAppBadge?.().catch(() => undefined);
    await noSession();
  };
  // After a sign-out in another tab this one is empty, too.
  const ended = () => {
    const { state, nextRetryAt } = client.connection.get();
    if (state === 'signedOut' && nextRetryAt === undefined) void leave(async () => undefined);
  };
  stops.push(client.connection.subscribe(ended));
  const show = () => {
    const menu = {
      demo: 'demo' in session,
      ...('demo' in session && { name: session.demo.name }),
      redraw: () => void redraw(),
      signOut: () => void leave(() => client.signOut()),
    };
    draw(<Root around={{ client, navigation, pictures, trays, words, menu, Calls, getToken }} />);
  };
  const redraw = async () => {
    words = await load(preferredLanguage());
    show();
  };
  await sight;
  show();
  if (globalThis.Notification?.permission === 'granted') void push('renewPush', client);
}

/** Starts or ends notifications. After a failure the next start tries again. */
async function push(what: 'endPush' | 'renewPush', client: Jobline): Promise<void> {
  await import('./account/push.ts').then(all => all[what](client)).catch(() => undefined);
}

/** Nobody is signed in: a demo asks which user to be, any other server refers to the marketplace. */
async function noSession(): Promise<void> {
  drawWaiting();
  const people = await import('./platform/check.ts')
    .then(part => part.demoPeople(BASE))
    .catch(() => 'unreachable' as const);
  if (people === 'unreachable') {
    drawPage(
      <MessagePage title={words.t('cannotLoad')}>
        <button type="button" class="button main" onClick={() => void noSession()}>
          {words.t('retry')}
        </button>
      </MessagePage>,
    );
  } else if (people) {
    const become = (demo: DemoPerson) => {
      keepSession({ demo });
      void chat({ demo });
    };
    drawPage(<DemoPage words={words} people={people} become={become} />);
  } else {
    drawPage(<MessagePage title={words.t('signedOutTitle')} text={words.t('signedOutText')} />);
  }
}

/**
 * The session after a link brought a token. A token that has expired, or that the server refuses, changes nothing. One
 * of the same user replaces the older one. For one of another user the app asks first, and the session is only for this tab.
 */
async function sessionFrom(
  { token, user, hasEnded }: Link,
  kept: Session | undefined,
): Promise<Session | undefined> {
  const given = { token, user };
  if (kept && personIn(kept) === user && !hasEnded) {
    return 'demo' in kept ? { ...given, tabOnly: true } : { ...kept, token, spare: kept.token };
  }
  if (!kept && !hasEnded) return given;
  drawWaiting();
  // If the part cannot be loaded, the server cannot be reached either.
  const part = await import('./platform/check.ts').catch(() => undefined);
  const { accepted, name } = (await part?.check(BASE, token, user)) ?? {};
  if (accepted === false || (accepted === undefined && hasEnded)) return kept;
  const session = { ...given, ...(name !== undefined && { name }) };
  if (!kept || personIn(kept) === user) return session;
  words = await load(preferredLanguage());
  const yes = await new Promise<boolean>(answer => {
    const before = 'demo' in kept ? kept.demo.name : kept.name;
    drawPage(<SwitchUser words={words} name={before} other={name} answer={answer} />);
  });
  if (!yes) history.replaceState(null, '', location.pathname);
  return yes ? { ...session, tabOnly: true } : kept;
}

async function start(): Promise<void> {
  const link = takeLink();
  const kept = readSession();
  const session = link ? await sessionFrom(link, kept) : kept;
  if (session) {
    if (session !== kept) keepSession(session);
    return chat(session);
  }
  drawWaiting();
  words = await load(preferredLanguage());
  await noSession();
}

watchInstall();
watchParts();
followKeyboard(document.documentElement);
// The marketplace may open the app again in a tab that has it open, with a fresh token.
addEventListener('hashchange', () => location.hash.startsWith('#token=') && location.reload());
void start();
if (import.meta.env.PROD) {
  addEventListener('load', () => navigator.serviceWorker?.register(`${BASE}/sw.js`).catch(() => undefined));
}
