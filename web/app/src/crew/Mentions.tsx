import type { Person } from '@jobline/sdk';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { type Mention, matching, mentionAt, mentioned } from '../models/mention.ts';
import { Avatar } from '../views/Avatar.tsx';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import type { NameOf } from '../views/names.tsx';
import { crewWords } from './words.ts';

export { MentionText } from './MentionText.tsx';

/** The most suggestions. */
const SHOWN = 6;

interface Props {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly people: readonly Person[];
  readonly nameOf: NameOf;
  readonly change: (text: string) => void;
}

/** Suggests names after an `@`, chosen by arrow keys and Enter or Tab, or by touch; Escape closes. */
export function Mentions({ field, text, people, nameOf, change }: Props) {
  const { client, words } = useSurroundings();
  const me = useValue(client.user);
  const [mention, setMention] = useState<Mention>();
  const [chosen, choose] = useState(0);
  /** The index of the `@` whose suggestions were closed. */
  const [refused, refuse] = useState<number>();
  const named = people.filter(({ id }) => id !== me).map(person => ({ ...person, name: nameOf(person.id) }));
  const found = mention && mention.start !== refused ? matching(named, mention.search).slice(0, SHOWN) : [];
  const current = Math.min(chosen, found.length - 1);

  const look = () => {
    const area = field.current;
    setMention(area ? mentionAt(area.value, area.selectionEnd) : undefined);
  };
  useLayoutEffect(look, [text]);
  useEffect(() => {
    const area = field.current;
    area?.addEventListener('click', look);
    return () => area?.removeEventListener('click', look);
  }, []);
  useEffect(() => choose(0), [mention?.search]);

  const take = (person: { readonly name: string } | undefined) => {
    const area = field.current;
    if (!area || !mention || !person) return;
    const { text, caret } = mentioned(area.value, mention, person.name);
    change(text);
    // The field gets the text with the next render, and its caret after that.
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(caret, caret);
      setMention(undefined);
    });
  };
  // Before the field's own key handler, in which Enter sends.
  useLayoutEffect(() => {
    const area = field.current;
    if (!area || found.length === 0) return;
    const pressed = (event: KeyboardEvent) => {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) choose((current + step + found.length) % found.length);
      else if (event.key === 'Enter' || event.key === 'Tab') take(found[current]);
      else if (event.key === 'Escape') refuse(mention?.start);
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    area.addEventListener('keydown', pressed, { capture: true });
    return () => area.removeEventListener('keydown', pressed, { capture: true });
  });
  useLayoutEffect(() => {
    const area = field.current;
    const open = found.length > 0;
    if (!area || !open) return;
    area.setAttribute('aria-controls', 'mentions');
    area.setAttribute('aria-activedescendant', `mention-${current}`);
    return () => {
      area.removeAttribute('aria-controls');
      area.removeAttribute('aria-activedescendant');
    };
  });

  if (found.length === 0) return null;
  return (
    <div class="mentions" id="mentions" role="listbox" aria-label={crewWords(words.lang).mention}>
      {found.map((person, place) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen one.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field listens to the keys.
        <div
          key={person.id}
          id={`mention-${place}`}
          role="option"
          aria-selected={place === current}
          onPointerDown={event => event.preventDefault()}
          onMouseDown={event => event.preventDefault()}
          onClick={() => take(person)}
        >
          <Avatar person={person} small />
          <bdi>{person.name}</bdi>
        </div>
      ))}
    </div>
  );
}
