import type { TimelineState } from '@jobline/sdk';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Moderation } from '../account/Moderation.tsx';
import { CrewLink } from '../crew/CrewLink.tsx';
import { MemberList } from '../crew/MemberList.tsx';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';
import { JobLine, type ShownJob } from './JobLine.tsx';
import { LastSeen } from './LastSeen.tsx';
import { usePresence } from './Live.tsx';
import type { NameOf } from './names.tsx';

export { MessageReport } from '../account/MessageReport.tsx';
export { ReadBy } from '../crew/ReadBy.tsx';

interface Props {
  readonly state: TimelineState;
  readonly name: string;
  readonly nameOf: NameOf;
  readonly job: ShownJob | undefined;
}

const untitled = (job: ShownJob): ShownJob => {
  const { title: _, ...rest } = { title: '', ...job };
  return rest;
};

/** The details that the header of a chat cuts off. It opens when it is rendered. */
export function DetailsDialog({ state, name, nameOf, job }: Props) {
  const { single, words } = useSurroundings();
  const { person, people, members = people } = state;
  // A crew is named by the title, which stands above.
  const shown = job && people ? untitled(job) : job;
  const presence = usePresence(person?.id);
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="sheet-dialog" ref={dialog} aria-label={words.t('details')} {...{ closedby: 'any' }}>
      <div class="rows">
        <div class="head">
          {person && <Avatar person={person} crew={people !== undefined} />}
          <h2>
            <bdi>{name}</bdi>
          </h2>
          <button
            type="button"
            class="icon-button"
            aria-label={words.t('close')}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        {presence && <LastSeen presence={presence} />}
        {shown && <JobLine job={shown} />}
        {job && !people && !single && <CrewLink job={job.id} close={() => dialog.current?.close()} />}
        <Moderation conversationId={state.id} person={people ? undefined : person} name={name} />
        {members && <MemberList members={members} nameOf={nameOf} />}
      </div>
    </dialog>
  );
}
