import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { choiceOf, chosenLanguage, keepLanguage } from '../account/language.ts';
import { Preferences } from '../account/Preferences.tsx';
import { SignOut } from '../account/SignOut.tsx';
import { settingsWords } from '../account/settingsWords.ts';
import { LANGUAGES } from '../i18n/languages.ts';
import { installPrompt } from '../platform/install.ts';
import { Avatar } from './Avatar.tsx';
import { type Menu, useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly menu: Menu;
  readonly me: { readonly id: string; readonly name: string; readonly avatarUrl?: string };
}

/** Language, installation and signing out. It opens when it is rendered. */
export function SettingsDialog({ menu, me }: Props) {
  const { words } = useSurroundings();
  const said = settingsWords(words.lang);
  const dialog = useRef<HTMLDialogElement>(null);
  const [language, setLanguage] = useState(chosenLanguage);
  const install = useValue(installPrompt);
  const { name } = me;
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
            value={language}
            onChange={event => {
              const choice = choiceOf(event.currentTarget.value);
              keepLanguage(choice);
              setLanguage(choice);
              menu.redraw();
            }}
          >
            <option value="">{words.fill(said.automatic)}</option>
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Preferences language={language} />
        {install && (
          <button type="button" class="button" onClick={() => void install()}>
            {words.fill(said.install)}
          </button>
        )}
        <SignOut menu={menu} />
      </div>
    </dialog>
  );
}
