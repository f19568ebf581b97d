import type { Input, Jobline } from '@jobline/sdk';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import type { Choice } from './language.ts';
import { endPush, type Preferences as Kept, type PushState, pushState, startPush } from './push.ts';
import { Switch } from './Switch.tsx';
import { settingsWords } from './settingsWords.ts';
import { accountWords } from './words.ts';

/**
 * The reader's preferences: who sees them, how they are notified, whom they block. Fetched from the server when rendered.
 * `language` is the one that they chose for the app, or empty.
 */
export function Preferences({ language }: { readonly language: Choice }) {
  const { client, words } = useSurroundings();
  const said = { ...accountWords(words.lang), ...settingsWords(words.lang) };
  const [kept, keep] = useState<Kept>();
  const [push, setPush] = useState<PushState>('unsupported');
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const read = async () => {
      const kept = await client.call('getPreferences', {});
      keep(kept);
      setPush(await pushState(kept));
    };
    read().catch(() => setFailed(true));
  }, []);
  /** Shows an error if `what` fails; the shown values are the server's. */
  const attempt = (what: () => Promise<unknown>) => {
    setFailed(false);
    what().catch(() => setFailed(true));
  };
  const set = (change: Input<'setPreferences'>) =>
    attempt(async () => keep(await client.call('setPreferences', change)));
  // Mail and notifications are in the language that is chosen for the app, or else in the one that the host set.
  const before = useRef(language);
  useEffect(() => {
    if (before.current !== language) set({ language: language || null });
    before.current = language;
  }, [language]);
  const here = (on: boolean) =>
    kept && attempt(async () => setPush(on ? await startPush(client, kept) : await off(client)));
  if (!kept) return failed ? <p class="quiet">{words.fill(said.failed)}</p> : null;
  return (
    <div class="preferences">
      <Switch
        on={kept.showPresence}
        change={showPresence => set({ showPresence })}
        note={words.fill(said.presenceText)}
      >
        {words.fill(said.presence)}
      </Switch>
      <Switch on={kept.mail} change={mail => set({ mail })}>
        {words.fill(said.mail)}
      </Switch>
      {push !== 'unsupported' && (
        <Switch
          on={push === 'on'}
          disabled={push === 'blocked'}
          change={here}
          note={words.fill(push === 'blocked' ? said.notificationsBlocked : said.notificationsText)}
        >
          {words.fill(said.notifications)}
        </Switch>
      )}
      {push !== 'unsupported' && (
        <Switch on={kept.push} change={push => set({ push })}>
          {words.fill(said.push)}
        </Switch>
      )}
      {kept.blocked && kept.blocked.length > 0 && (
        <BlockedPeople
          people={kept.blocked}
          unblock={userId =>
            attempt(async () => {
              await client.call('unblock', { userId });
              keep(await client.call('getPreferences', {}));
            })
          }
        />
      )}
      {failed && (
        <p class="quiet" role="alert">
          {words.fill(said.failed)}
        </p>
      )}
    </div>
  );
}

async function off(client: Jobline): Promise<PushState> {
  await endPush(client);
  return 'off';
}

interface Blocked {
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly unblock: (userId: string) => void;
}

function BlockedPeople({ people, unblock }: Blocked) {
  const { words } = useSurroundings();
  const said = { ...accountWords(words.lang), ...settingsWords(words.lang) };
  return (
    <section aria-label={words.fill(said.blocked)}>
      <h3>{words.fill(said.blocked)}</h3>
      <ul class="blocked-people">
        {people.map(({ id, name }) => (
          <li key={id}>
            <button type="button" class="button outlined" onClick={() => unblock(id)}>
              {words.fill(said.unblock, { name })}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
