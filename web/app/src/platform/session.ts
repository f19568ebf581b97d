import { userOf } from '@jobline/sdk';
import { inTab, onDevice, type Remembered } from './storage.ts';

/** The signed-in user: a person with a token from the marketplace, or one of the people of a demo. */
export type Session = TokenSession | DemoSession;

export interface TokenSession {
  readonly token: string;
  /** An earlier token of the same person, in case the newer one is invalid. */
  readonly spare?: string;
  readonly user: string;
  /** The name that the host set, once a conversation has brought it. */
  readonly name?: string;
  /** Whether only this tab has the session, because another user is signed in on the device. */
  readonly tabOnly?: boolean;
}

export interface DemoSession {
  readonly demo: DemoPerson;
}

export interface DemoPerson {
  readonly id: string;
  readonly name: string;
}

/** The content of a link of the marketplace. */
export interface Link {
  readonly token: string;
  /** The user of the token. */
  readonly user: string;
  /** Whether it has expired, by the clock of this device, which may be wrong. */
  readonly hasEnded: boolean;
}

const KEPT = 'jobline-session';
/** The key for who is signed in on this device, each with a number of their sign-in: JSON, by user id. */
const SIGNED_IN = 'jobline-signed-in';
/** How much clocks may differ, in milliseconds, as on the server. */
const LEEWAY_MS = 60_000;

export const personIn = (session: Session): string => ('demo' in session ? session.demo.id : session.user);

/**
 * Takes a token out of the address. A marketplace opens the app at `#token=…`, and may name a chat too:
 * `#token=…&open=/with/anna/42`. A fragment is sent to no server and is in no log; the token is removed from the address at
 * once. Returns `undefined` if there is no token, or text that is none.
 */
export function takeLink(now = Date.now()): Link | undefined {
  // A plus stays a plus, since user ids may have one.
  const given = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
  const token = given.get('token');
  if (token === null) return undefined;
  history.replaceState(null, '', `${location.pathname}#${given.get('open') ?? '/'}`);
  const user = userOf(token);
  return user === undefined ? undefined : { token, user, hasEnded: endOf(token) + LEEWAY_MS < now };
}

/**
 * The session of this tab, or else the last one that was begun on this device. A device stores the token, like the messages,
 * until the person signs out, so an installed app opens without a connection. A demo session is stored only for the tab, so
 * that two people can talk in two tabs. After a sign-out in any tab that person is no longer signed in.
 */
export function readSession(): Session | undefined {
  return sessionIn(inTab) ?? sessionIn(onDevice);
}

/** Stores a session for this tab and, unless it is for the tab only, for the device. */
export function keepSession(session: Session): void {
  const user = personIn(session);
  const signedIn = {
    ...numbers(),
    [user]: numbers()?.[user] ?? crypto.getRandomValues(new Uint32Array(3)).join(''),
  };
  onDevice.set(SIGNED_IN, JSON.stringify(signedIn));
  const kept = JSON.stringify({ ...session, number: signedIn[user] });
  inTab.set(KEPT, kept);
  if ('token' in session && !session.tabOnly) onDevice.set(KEPT, kept);
}

/** Signs this person out in every tab, and nobody else. */
export function dropSession(session: Session): void {
  const user = personIn(session);
  const kept = sessionIn(onDevice);
  if (kept && personIn(kept) === user) onDevice.remove(KEPT);
  const { [user]: _, ...others } = numbers() ?? {};
  onDevice.set(SIGNED_IN, JSON.stringify(others));
  inTab.remove(KEPT);
}

/** A token of this person; after each refusal by the server, the other one. */
export function tokenOf(session: TokenSession): () => string {
  let { token: next, spare } = session;
  return () => {
    const token = next;
    if (spare !== undefined) [next, spare] = [spare, next];
    return token;
  };
}

function sessionIn(place: Remembered): Session | undefined {
  const session = parsed(place.get(KEPT) ?? '');
  // An unreadable record is deleted.
  if (!session) place.remove(KEPT);
  return session;
}

function parsed(text: string): Session | undefined {
  const { number, ...kept } = (fromJson(text) ?? {}) as Partial<
    TokenSession & DemoSession & { number: string }
  >;
  const session = isDemo(kept.demo) ? { demo: kept.demo } : ofToken(kept);
  const known = numbers();
  // Records without a number are from earlier versions.
  const over = session && number !== undefined && known && known[personIn(session)] !== number;
  return over ? undefined : session;
}

function ofToken({ token, spare, name, tabOnly }: Partial<TokenSession>): TokenSession | undefined {
  const user = typeof token === 'string' ? userOf(token) : undefined;
  if (token === undefined || user === undefined) return undefined;
  return { token, user, ...(spare && { spare }), ...(name && { name }), ...(tabOnly && { tabOnly }) };
}

const isDemo = (demo: unknown): demo is DemoPerson =>
  typeof demo === 'object' && typeof (demo as DemoPerson | null)?.id === 'string';

/** `undefined` if this device does not know, for instance because storage is denied. */
function numbers(): Readonly<Record<string, string>> | undefined {
  return fromJson(onDevice.get(SIGNED_IN) ?? '') as Record<string, string> | undefined;
}

function fromJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** When a token expires, in Unix milliseconds; never, if it does not say. */
function endOf(token: string): number {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const { exp } = JSON.parse(atob(payload)) as { exp?: number };
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY;
}

/** A token for a person of the demo at `base`. */
export async function demoToken(base: string, userId: string): Promise<string> {
  const body = JSON.stringify({ userId });
  const answer = await fetch(`${base}/demo/token`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`The demo answered ${answer.status}.`);
  const { token } = (await answer.json()) as { token: string };
  return token;
}
