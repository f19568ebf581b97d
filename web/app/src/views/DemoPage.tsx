import { entryWords } from '../entry/words.ts';
import type { Translator } from '../i18n/translator.ts';
import { personName } from '../models/plainText.ts';
import type { DemoPerson } from '../platform/session.ts';
import { Avatar } from './Avatar.tsx';
import { Icon } from './Icon.tsx';
import { MessagePage } from './MessagePage.tsx';

/** The other page before the app: both are one part. */
export { SwitchUser } from './SwitchUser.tsx';

/** The first page of a demo: the choice of a user. */
export function DemoPage(props: {
  words: Translator;
  people: readonly DemoPerson[];
  become: (person: DemoPerson) => void;
}) {
  const { words, people, become } = props;
  const said = entryWords(words.lang);
  return (
    <MessagePage title={words.fill(said.whoAreYou)} text={words.fill(said.demoText)}>
      <ul class="people">
        {people.map(person => (
          <li key={person.id}>
            <button type="button" class="person" onClick={() => become(person)}>
              <Avatar person={person} />
              <bdi>{personName(person.name, person.id) || words.t('somebody')}</bdi>
              <Icon name="forward" turns />
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">
        <a href="/openapi.json">{words.fill(said.demoApi)}</a>
      </p>
    </MessagePage>
  );
}
