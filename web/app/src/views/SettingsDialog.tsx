import { useLayoutEffect, useRef } from 'preact/hooks';
import { Preferences } from '../account/Preferences.tsx';
import { accountWords } from '../account/words.ts';
import { isLanguage, LANGUAGES } from '../i18n/languages.ts';
import { installPrompt } from '../platform/install.ts';
import { Avatar } from './Avatar.tsx';
import { type Menu, useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly menu: Menu;
  readonly me: { readonly id: string; readonly name: string; readonly avatarUrl?: string };
}

/** Language, installation and signing out. It opens when it is drawn. */
export function SettingsDialog({ menu, me }: Props) {
  const { client, words } = useSurroundings();
  const said = accountWords(words.lang);
  const dialog = useRef<HTMLDialogElement>(null);
  const install = useValue(installPrompt);
  const { items } = useValue(client.conversations);
  const { name } = me;
  const unsent = items.reduce((sum, item) => sum + item.pending + item.failed, 0);
  const close = () => dialog.current?.close();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="sheet-dialog" ref={dialog} aria-label={words.t('settings')} {...{ closedby: 'any' }}>
      <div class="rows">
        <div class="head">
          <Avatar person={me} />
          <h2>{name ? words.fill(said.signedInAs, { name }) : words.t('settings')}</h2>
          <button type="button" class="icon-button" aria-label={words.t('close')} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <label>
          {words.fill(said.language)}
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
        <Preferences />
        {install && (
          <button type="button" class="button" onClick={() => void install()}>
            {words.fill(said.install)}
          </button>
        )}
        <p class="quiet">
          {!menu.demo && words.fill(said.signOutText)}{' '}
          {unsent > 0 && <strong>{words.fill(said.unsentWarning, { count: unsent })}</strong>}
        </p>
        <button type="button" class="button danger" onClick={menu.signOut}>
          {words.fill(menu.demo ? said.switchPerson : said.signOut)}
        </button>
      </div>
    </dialog>
  );
}
