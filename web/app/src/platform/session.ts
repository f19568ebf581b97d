/** Who this tab is: a person with a token from the marketplace, or one of the people of a demo. */
export type Session = { readonly token: string } | { readonly demo: DemoPerson };

export interface DemoPerson {
  readonly id: string;
  readonly name: string;
}

const KEPT = 'jobline-session';

/**
 * The session of this tab. A marketplace opens the app at `#token=…`, and may name a chat too: `#token=…&open=/with/anna/42`.
 * A fragment is sent to no server and stands in no log; the token leaves the address at once, and the tab forgets it when
 * it is closed.
 */
export function readSession(): Session | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token) {
    keepSession({ token });
    history.replaceState(null, '', `${location.pathname}#${given.get('open') ?? '/'}`);
    return { token };
  }
  // Nobody but this app writes it, and only below.
  return (JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Session | null) ?? undefined;
}

export function keepSession(session: Session): void {
  sessionStorage.setItem(KEPT, JSON.stringify(session));
}

export function dropSession(): void {
  sessionStorage.removeItem(KEPT);
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
