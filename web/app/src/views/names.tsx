import type { Person } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import { personName } from '../models/plainText.ts';

/** The name of a user; without an id that of the reader. */
export type NameOf = (userId: string | undefined) => string;

/** The names in a chat: of the other person, or of the members of a crew. */
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

/** The members of a crew in one line. */
export function allNames(people: readonly Person[], nameOf: NameOf, words: Translator) {
  return <span class="names">{words.joined(...people.map(({ id }) => nameOf(id)))}</span>;
}
