/** Who this is: a person with a token from the marketplace, or one of the people of a demo. */
export type Session = { readonly token: string } | { readonly demo: DemoPerson };

export interface DemoPerson {
  readonly id: string;
  readonly name: string;
}

const KEPT = 'jobline-session';

/**
 * The session of this tab, or else the one that was begun here last. A marketplace opens the app at `#token=…`, and may
 * name a chat too: `#token=…&open=/with/anna/42`. A fragment is sent to no server and stands in no log; the token leaves
 * the address at once. The device keeps it, as it keeps the messages, until the person signs out: an installed app opens
 * without a connection. Of a demo's people only the tab knows, so that two of them can talk in two tabs.
 */
export function readSession(): Session | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token) {
    keepSession({ token });
    history.replaceState(null, '', `${location.pathname}#${given.get('open') ?? '/'}`);
    return { token };
  }
  const kept = sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
  // Nobody but this app writes it, and only below.
  return kept === null ? undefined : (JSON.parse(kept) as Session);
}

export function keepSession(session: Session): void {
  const kept = JSON.stringify(session);
  sessionStorage.setItem(KEPT, kept);
  if ('token' in session) localStorage.setItem(KEPT, kept);
}

export function dropSession(): void {
  sessionStorage.removeItem(KEPT);
  localStorage.removeItem(KEPT);
}

/** The people of a demo; none where this server is no demo. Rejects when the server does not answer. */
export async function demoPeople(): Promise<readonly DemoPerson[] | undefined> {
  const answer = await fetch('/demo/people');
  if (!answer.ok) return undefined;
  const { people } = (await answer.json()) as { people: readonly DemoPerson[] };
  return people;
}

/** A token for a person of the demo. */
export async function demoToken(userId: string): Promise<string> {
  const body = JSON.stringify({ userId });
  const answer = await fetch('/demo/token', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`The demo answered ${answer.status}.`);
  const { token } = (await answer.json()) as { token: string };
  return token;
}
