import type { Job, Person } from '@jobline/sdk';
import { useRef } from 'preact/hooks';
import { plain } from '../models/plainText.ts';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly person: Person | undefined;
  readonly name: string;
  /** The job that the conversation is about; of one that is not known yet the number alone. */
  readonly job: Job | { readonly id: number } | undefined;
}

/** Who is written to, and about which job. What is cut here is shown in full by pressing it. */
export function ChatHead({ person, name, job }: Props) {
  const { navigation, single, words } = useSurroundings();
  const details = useRef<HTMLDialogElement>(null);
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
      {person && <Avatar person={person} small />}
      <div class="who">
        <h1 class="name" tabIndex={-1}>
          <bdi>{name}</bdi>
        </h1>
        {job && <JobLine job={job} />}
        {person && (
          <button
            type="button"
            class="more"
            aria-label={words.t('details')}
            onClick={() => details.current?.showModal()}
          />
        )}
      </div>
      <dialog class="sheet-dialog" ref={details} aria-label={words.t('details')} {...{ closedby: 'any' }}>
        <div class="rows">
          <div class="head">
            {person && <Avatar person={person} />}
            <h2>
              <bdi>{name}</bdi>
            </h2>
            <button
              type="button"
              class="icon-button"
              aria-label={words.t('close')}
              onClick={() => details.current?.close()}
            >
              <Icon name="close" />
            </button>
          </div>
          {job && <JobLine job={job} />}
        </div>
      </dialog>
    </header>
  );
}

function JobLine({ job }: { job: NonNullable<Props['job']> }) {
  const { words } = useSurroundings();
  const number = words.t('job', { number: words.label(job.id) });
  const closed = 'status' in job && job.status === 'closed';
  return (
    <p class="title">
      {'title' in job && <bdi>{plain(job.title)}</bdi>}
      <span class={closed ? 'job closed' : 'job'}>
        {closed ? words.both(number, words.t('closed')) : number}
      </span>
    </p>
  );
}
