import type { Person } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import { personName } from '../models/plainText.ts';

/** Who somebody is, by name; without an id the reader. */
export type NameOf = (userId: string | undefined) => string;

/** The names in a chat: of the other one, or of the people of a crew. */
export function namesIn(
  { person, people }: { readonly person?: Person; readonly people?: readonly Person[] },
  words: Translator,
  me?: string,
): NameOf {
  return id => {
    if (id === undefined || id === me) return words.t('you');
    const known = (people ?? [person]).find(one => one?.id === id);
    return personName(known?.name, id) || words.t('somebody');
  };
}

/** The people of a crew in one line. */
export function allNames(people: readonly Person[], nameOf: NameOf, words: Translator) {
  return <span class="names">{words.joined(...people.map(({ id }) => nameOf(id)))}</span>;
}
