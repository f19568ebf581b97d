import type { TimelineState } from '@jobline/sdk';
import { useState } from 'preact/hooks';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';
import { JobLine, type ShownJob } from './JobLine.tsx';
import { Dot, usePresence, useTyping } from './Live.tsx';
import { lazy } from './lazy.tsx';
import { allNames, type NameOf } from './names.tsx';

const LastSeen = lazy(async () => (await import('./LastSeen.tsx')).LastSeen);
const DetailsDialog = lazy(async () => (await import('./DetailsDialog.tsx')).DetailsDialog);

interface Props {
  /** The id of the conversation. */
  readonly id: string;
  readonly state: TimelineState;
  readonly name: string;
  readonly nameOf: NameOf;
  /** The job of the conversation; if it is not known yet, only its number. */
  readonly job: ShownJob | undefined;
}

/** The person and job of a chat. A press opens the full text of what is cut off here. */
export function ChatHead({ id, state, name, nameOf, job }: Props) {
  const { Calls, navigation, single, words } = useSurroundings();
  const { person, people } = state;
  const presence = usePresence(person?.id);
  const typing = useTyping(id, nameOf);
  /** How often the details were opened: a new number opens them again. */
  const [opened, open] = useState(0);
  return (
    <header class="chat-head" part="header">
      {!single && (
        <button
          type="button"
          class="icon-button back"
          aria-label={words.t('back')}
          onClick={() => navigation.back()}
        >
          <Icon name="back" turns />
        </button>
      )}
      {person && <Avatar person={person} crew={people !== undefined} small />}
      <div class="who">
        <Dot presence={presence} />
        <div class="name-line">
          <h1 class="name" tabIndex={-1}>
            <bdi>{name}</bdi>
          </h1>
          {presence?.lastActiveAt !== undefined && <LastSeen presence={presence} />}
        </div>
        {typing ? (
          <p class="title typing">{typing}</p>
        ) : people ? (
          <p class="title">{allNames(people, nameOf, words)}</p>
        ) : (
          job && <JobLine job={job} />
        )}
        {person && (
          <button
            type="button"
            class="more"
            aria-label={words.t('details')}
            onClick={() => open(opened + 1)}
          />
        )}
      </div>
      {state.canWrite && Calls && <Calls id={id} />}
      {opened > 0 && person && (
        <DetailsDialog key={opened} state={state} name={name} nameOf={nameOf} job={job} />
      )}
    </header>
  );
}
