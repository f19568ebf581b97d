import { useState } from 'preact/hooks';
import { plain } from '../models/plainText.ts';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { lazy } from './lazy.tsx';

const SettingsDialog = lazy(async () => (await import('./SettingsDialog.tsx')).SettingsDialog);

/** The signed-in user, and a button to language, installation and signing out. */
export function Settings() {
  const { client, words, menu } = useSurroundings();
  const user = useValue(client.user);
  const { me: known } = useValue(client.conversations);
  /** How often it was opened: a new number opens it again. */
  const [opened, open] = useState(0);
  if (!menu || user === undefined) return null;
  // The marketplace's id of a user means nothing to them.
  const name = plain(menu.name ?? (known?.name === user ? '' : (known?.name ?? '')));
  const me = { ...known, id: name && user, name };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={words.t('settings')}
        onClick={() => open(opened + 1)}
      >
        <Avatar person={me} small />
      </button>
      {opened > 0 && <SettingsDialog key={opened} menu={menu} me={me} />}
    </>
  );
}
