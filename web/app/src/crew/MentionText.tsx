import type { Person } from '@jobline/sdk';
import { mentionsIn } from '../models/mention.ts';
import { useSurroundings } from '../views/context.ts';

/** A text with its mentions marked, the reader's own name in particular. */
export function MentionText({ text, people }: { text: string; people: readonly Person[] }) {
  const me = useSurroundings().client.user.get();
  const mine = `@${people.find(({ id }) => id === me)?.name}`;
  const names = people.map(({ name }) => name);
  return (
    <>
      {mentionsIn(text, names).map((piece, place) =>
        place % 2 ? <mark class={piece === mine ? 'me' : ''}>{piece}</mark> : piece,
      )}
    </>
  );
}
