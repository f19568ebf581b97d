import type { Person } from '@jobline/sdk';
import { Avatar } from '../views/Avatar.tsx';
import { useSurroundings } from '../views/context.ts';
import type { NameOf } from '../views/names.tsx';
import { crewWords } from './words.ts';

interface Props {
  readonly members: readonly Person[];
  readonly nameOf: NameOf;
  /** The text below a name. */
  readonly note?: (member: Person) => string;
}

/** The members of a crew as a list. */
export function MemberList({ members, nameOf, note }: Props) {
  const { words } = useSurroundings();
  return (
    <ul class="member-list" aria-label={crewWords(words.lang).members}>
      {members.map(member => (
        <li key={member.id}>
          <Avatar person={member} small />
          <bdi>{nameOf(member.id)}</bdi>
          {note && <span class="quiet">{note(member)}</span>}
        </li>
      ))}
    </ul>
  );
}
