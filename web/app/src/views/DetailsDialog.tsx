import type { Person } from '@jobline/sdk';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';
import { JobLine, type ShownJob } from './JobLine.tsx';

interface Props {
  readonly person: Person;
  readonly name: string;
  readonly job: ShownJob | undefined;
}

/** The whole of what the head of a chat cuts short. It opens when it is drawn. */
export function DetailsDialog({ person, name, job }: Props) {
  const { words } = useSurroundings();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="sheet-dialog" ref={dialog} aria-label={words.t('details')} {...{ closedby: 'any' }}>
      <div class="rows">
        <div class="head">
          <Avatar person={person} />
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
        {job && <JobLine job={job} />}
      </div>
    </dialog>
  );
}
