import type { Member, TimelineMessage } from '@jobline/sdk';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { Icon } from '../views/Icon.tsx';
import { namesIn } from '../views/names.tsx';
import { MemberList } from './MemberList.tsx';
import { crewWords } from './words.ts';

interface Props {
  /** An own message that the server has. */
  readonly message: TimelineMessage;
  readonly members: readonly Member[];
}

/** How many have read a message; a press shows who. */
export function ReadBy({ message, members }: Props) {
  const { client, words } = useSurroundings();
  const me = useValue(client.user);
  /** How often the list was opened. */
  const [opened, open] = useState(0);
  const said = crewWords(words.lang);
  const others = members.filter(({ id }) => id !== me);
  const hasRead = ({ readUpTo }: Member) => readUpTo >= (message.number ?? 0);
  const count = others.filter(hasRead).length;
  if (others.length === 0) return null;
  const text =
    count === 0
      ? said.readByNobody
      : count === others.length
        ? said.readByAll
        : said.readBySome
            .replace('{count}', words.number(count))
            .replace('{total}', words.number(others.length));
  return (
    <>
      <button type="button" class="read-by" aria-haspopup="dialog" onClick={() => open(opened + 1)}>
        {text}
      </button>
      {opened > 0 && <Readers key={opened} title={text} members={others} hasRead={hasRead} />}
    </>
  );
}

interface ReadersProps {
  readonly title: string;
  readonly members: readonly Member[];
  readonly hasRead: (member: Member) => boolean;
}

/** Who has read a message and who has not. It opens when it is rendered. */
function Readers({ title, members, hasRead }: ReadersProps) {
  const { words } = useSurroundings();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const said = crewWords(words.lang);
  const read = new Set(members.filter(hasRead).map(({ id }) => id));
  return (
    <dialog class="sheet-dialog" ref={dialog} aria-label={title} {...{ closedby: 'any' }}>
      <div class="rows">
        <div class="head">
          <h2>{title}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label={words.t('close')}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        <MemberList
          members={members}
          nameOf={namesIn({ people: members }, words)}
          note={({ id }) => (read.has(id) ? said.hasRead : said.hasNotRead)}
        />
      </div>
    </dialog>
  );
}
