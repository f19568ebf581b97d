import { useRef } from 'preact/hooks';
import { isLanguage, LANGUAGES } from '../i18n/languages.ts';
import { plain } from '../models/plainText.ts';
import { installPrompt } from '../platform/install.ts';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

/** Who is signed in; behind it language, installation and signing out. */
export function Settings() {
  const { client, words, menu } = useSurroundings();
  const dialog = useRef<HTMLDialogElement>(null);
  const user = useValue(client.user);
  const install = useValue(installPrompt);
  const { items, me: known } = useValue(client.conversations);
  if (!menu || user === undefined) return null;
  // A marketplace's id for somebody says nothing to them.
  const name = plain(menu.name ?? (known?.name === user ? '' : (known?.name ?? '')));
  const me = { ...known, id: name && user, name };
  const unsent = items.reduce((sum, item) => sum + item.pending + item.failed, 0);
  const close = () => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={words.t('settings')}
        onClick={() => dialog.current?.showModal()}
      >
        <Avatar person={me} small />
      </button>
      <dialog class="sheet-dialog" ref={dialog} aria-label={words.t('settings')} {...{ closedby: 'any' }}>
        <div class="rows">
          <div class="head">
            <Avatar person={me} />
            <h2>{name ? words.t('signedInAs', { name }) : words.t('settings')}</h2>
            <button type="button" class="icon-button" aria-label={words.t('close')} onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          <label>
            {words.t('language')}
            <select
              value={words.lang}
              onChange={event =>
                isLanguage(event.currentTarget.value) && menu.choose(event.currentTarget.value)
              }
            >
              {Object.entries(LANGUAGES).map(([tag, name]) => (
                <option key={tag} value={tag} lang={tag}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {install && (
            <button type="button" class="button" onClick={() => void install()}>
              {words.t('install')}
            </button>
          )}
          <p class="quiet">
            {!menu.demo && words.t('signOutText')}{' '}
            {unsent > 0 && <strong>{words.t('unsentWarning', { count: unsent })}</strong>}
          </p>
          <button type="button" class="button danger" onClick={menu.signOut}>
            {words.t(menu.demo ? 'switchPerson' : 'signOut')}
          </button>
        </div>
      </dialog>
    </>
  );
}
