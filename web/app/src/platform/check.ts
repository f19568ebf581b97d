/** Asks the server about tokens and demo users. It is seldom needed, so it is not in the first script. */

import type { DemoPerson } from './session.ts';

/** What the server says about a token. */
export interface Checked {
  readonly accepted?: boolean;
  readonly name?: string;
}

/**
 * Asks the server at `base` about a token: whether it is `accepted`, with the person's name if that is known. `undefined` if
 * the server cannot be reached.
 */
export async function check(base: string, token: string, user: string): Promise<Checked> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${base}/messages/conversations?limit=1`, {
      headers,
      signal: AbortSignal.timeout(8000),
    });
    if (answer.status === 401) return { accepted: false };
    if (!answer.ok) return {};
    const { conversations } = (await answer.json()) as { conversations: { people: DemoPerson[] }[] };
    const name = conversations[0]?.people.find(({ id }) => id === user)?.name;
    return { accepted: true, ...(name !== undefined && name !== user && { name }) };
  } catch {
    return {};
  }
}

/** Nobody is signed in and the server did not answer: the page has nothing on it that a reload could lose. */
const reload = () => location.reload();

/**
 * The people of a demo; `undefined` if the server at `base` is no demo. Rejects if the server does not answer; the page is
 * loaded again once the device is online.
 */
export async function demoPeople(base: string): Promise<readonly DemoPerson[] | undefined> {
  addEventListener('online', reload);
  const answer = await fetch(`${base}/demo/people`);
  removeEventListener('online', reload);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const { people } = (await answer.json()) as { people: readonly DemoPerson[] };
  return people;
}
