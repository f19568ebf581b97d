import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  dropSession,
  keepSession,
  readSession,
  type Session,
  takeLink,
  tokenOf,
} from '../src/platform/session.ts';
import { remembered } from '../src/platform/storage.ts';

/** Storage as in a browser, or one that refuses. */
class Stored {
  readonly rows = new Map<string, string>();
  denied = false;
  getItem = (key: string) => this.#use().get(key) ?? null;
  setItem = (key: string, value: string) => void this.#use().set(key, value);
  removeItem = (key: string) => void this.#use().delete(key);
  #use() {
    if (this.denied) throw new DOMException('Denied.', 'SecurityError');
    return this.rows;
  }
}

const HOUR = 3600;
const token = (sub: string, seconds = HOUR) =>
  `h.${btoa(JSON.stringify({ sub, exp: Math.floor(Date.now() / 1000) + seconds }))}.s`;
const ann = { token: token('ann'), user: 'ann' };
const ben = { token: token('ben'), user: 'ben', tabOnly: true };

let device: Stored;
/** The session storage of this tab; each tab has its own. */
let tab: Stored;

function openTab(): Stored {
  tab = new Stored();
  vi.stubGlobal('sessionStorage', tab);
  return tab;
}

function goTo(hash: string): void {
  const replaceState = (_: unknown, __: string, url: string) =>
    Object.assign(location, { hash: url.slice(1) });
  vi.stubGlobal('location', { hash, pathname: '/' });
  vi.stubGlobal('history', { replaceState });
}

beforeEach(() => {
  device = new Stored();
  vi.stubGlobal('localStorage', device);
  openTab();
});

const who = (session: Session | undefined) => session && ('demo' in session ? session.demo.id : session.user);

describe('the session of a tab', () => {
  test('is that of the device, unless the tab has one of its own', () => {
    keepSession(ann);
    openTab();
    expect(who(readSession())).toBe('ann');
    keepSession(ben);
    expect(who(readSession())).toBe('ben');
    openTab();
    expect(who(readSession())).toBe('ann');
  });

  test('has ended in a tab that is reloaded after signing out in another one', () => {
    keepSession(ann);
    const first = tab;
    openTab();
    dropSession(ann);
    vi.stubGlobal('sessionStorage', first);
    expect(readSession()).toBeUndefined();
    // It stays so when the same person signs in again in another tab: that tab uses the session of the
    // device.
    openTab();
    keepSession({ ...ann, tabOnly: true });
    vi.stubGlobal('sessionStorage', first);
    expect(readSession()).toBeUndefined();
  });

  test('of one person continues when another person signs out', () => {
    keepSession(ann);
    const anns = tab;
    openTab();
    keepSession(ben);
    dropSession(ben);
    expect(who(readSession())).toBe('ann');
    vi.stubGlobal('sessionStorage', anns);
    expect(who(readSession())).toBe('ann');
  });

  test('of the device is not ended by a tab of another user', () => {
    keepSession(ben);
    const bens = tab;
    openTab();
    keepSession(ann);
    dropSession(ann);
    expect(readSession()).toBeUndefined();
    vi.stubGlobal('sessionStorage', bens);
    expect(who(readSession())).toBe('ben');
  });

  test('of a demo belongs to its tab alone', () => {
    keepSession({ demo: { id: 'john', name: 'John' } });
    expect(who(readSession())).toBe('john');
    openTab();
    expect(readSession()).toBeUndefined();
  });

  test.each([
    'x',
    '',
    'null',
    '7',
    '[]',
    '{}',
    '{"token":7}',
    '{"token":"damaged"}',
    '{"demo":null}',
    '{"demo":{}}',
  ])('is none where what is kept is %s', garbage => {
    device.rows.set('jobline-session', garbage);
    tab.rows.set('jobline-session', garbage);
    device.rows.set('jobline-signed-in', garbage);
    expect(readSession()).toBeUndefined();
    keepSession(ann);
    expect(who(readSession())).toBe('ann');
  });

  test('that an earlier version stored continues', () => {
    device.rows.set('jobline-session', JSON.stringify({ token: ann.token }));
    expect(who(readSession())).toBe('ann');
  });

  test('lasts as long as the page where the browser keeps nothing', () => {
    device.denied = true;
    tab.denied = true;
    keepSession(ann);
    expect(who(readSession())).toBe('ann');
    dropSession(ann);
    expect(readSession()).toBeUndefined();
  });
});

describe('a link', () => {
  test('brings a token and a view, and leaves no token in the address bar', () => {
    goTo(`#token=${ann.token}&open=/with/a+b@x.com/7`);
    expect(takeLink()).toEqual({ ...ann, hasEnded: false });
    expect(location.hash).toBe('#/with/a+b@x.com/7');
  });

  test.each(['#token=', '#token=damaged', '#token=a.b.c'])('without a token brings nothing: %s', hash => {
    goTo(hash);
    expect(takeLink()).toBeUndefined();
    expect(location.hash).toBe('#/');
  });

  test('without a token only opens a view', () => {
    goTo('#/c/conv_ann_ben');
    expect(takeLink()).toBeUndefined();
    expect(location.hash).toBe('#/c/conv_ann_ben');
  });

  test('knows when its token has ended, with a minute of leeway', () => {
    goTo(`#token=${token('ann', -30)}`);
    expect(takeLink()?.hasEnded).toBe(false);
    goTo(`#token=${token('ann', -90)}`);
    expect(takeLink()?.hasEnded).toBe(true);
  });
});

test('the older token is used when a newer one is refused', () => {
  const next = tokenOf({ token: 'newer', spare: 'older', user: 'ann' });
  expect([next(), next(), next()]).toEqual(['newer', 'older', 'newer']);
  expect(tokenOf({ token: 'only', user: 'ann' })()).toBe('only');
});

test('what a storage refuses is kept in memory as long as the page lives', () => {
  const full = new Stored();
  const kept = remembered(() => full);
  kept.set('a', '1');
  full.denied = true;
  kept.set('a', '2');
  expect(kept.get('a')).toBe('2');
  full.denied = false;
  kept.remove('a');
  expect([kept.get('a'), full.rows.size]).toEqual([undefined, 0]);
});
