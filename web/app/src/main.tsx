/** The app at `/`: finds out who this is, then shows the chat, the people of the demo, or how to sign in. */

import { createJobline, type Jobline } from '@jobline/sdk/browser';
import { type ComponentChildren, render } from 'preact';
import type { Language } from './i18n/languages.ts';
import type { Translator } from './i18n/translator.ts';
import { firstSight } from './platform/firstSight.ts';
import { pageHttp } from './platform/http.ts';
import { watchInstall } from './platform/install.ts';
import { english, keepLanguage, load, preferredLanguage } from './platform/language.ts';
import { addressNavigation } from './platform/navigation.ts';
import { Pictures } from './platform/pictures.ts';
import {
  type DemoPerson,
  demoPeople,
  demoToken,
  dropSession,
  keepSession,
  readSession,
  type Session,
} from './platform/session.ts';
import { followKeyboard, showUnread } from './platform/surface.ts';
import { Trays } from './platform/trays.ts';
import { DemoPage } from './views/DemoPage.tsx';
import { MessagePage } from './views/MessagePage.tsx';
import { Root } from './views/Root.tsx';
import './styles/all.css';

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

function clientOf(session: Session): Jobline {
  const common = { baseUrl: '', ports: { http: pageHttp() } };
  if ('token' in session) return createJobline({ ...common, getToken: () => session.token });
  return createJobline({ ...common, user: session.demo.id, getToken: () => demoToken(session.demo.id) });
}

async function chat(session: Session): Promise<void> {
  // The cache opens while the language is fetched.
  const client = clientOf(session);
  const navigation = addressNavigation();
  const sight = firstSight(client, navigation);
  words = await load(preferredLanguage());
  const pictures = new Pictures();
  const trays = new Trays();
  const stopTelling = showUnread(client.unread, words.t('appName'));
  const signOut = async () => {
    stopTelling();
    navigation.stop();
    dropSession();
    await client.signOut();
    pictures.clear();
    trays.clear();
    history.replaceState(null, '', location.pathname);
    navigator.clearAppBadge?.().catch(() => undefined);
    await noSession();
  };
  const show = () => {
    const menu = {
      demo: 'demo' in session,
      ...('demo' in session && { name: session.demo.name }),
      choose: (language: Language) => void choose(language),
      signOut: () => void signOut(),
    };
    draw(<Root around={{ client, navigation, pictures, trays, words, menu }} />);
  };
  const choose = async (language: Language) => {
    keepLanguage(language);
    words = await load(language);
    show();
  };
  await sight;
  show();
}

/** Nobody is signed in: a demo asks who one is, any other server sends people to the marketplace. */
async function noSession(): Promise<void> {
  const people = await demoPeople().catch(() => 'unreachable' as const);
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

async function start(): Promise<void> {
  const session = readSession();
  if (session) return chat(session);
  words = await load(preferredLanguage());
  await noSession();
}

watchInstall();
followKeyboard(document.documentElement);
// The marketplace may open the app again in a tab that has it open, with a fresh token.
addEventListener('hashchange', () => location.hash.startsWith('#token=') && location.reload());
void start();
if (import.meta.env.PROD) {
  addEventListener('load', () => navigator.serviceWorker?.register('/sw.js').catch(() => undefined));
}
