import type { TimelineState } from '@jobline/sdk';
import { plain } from '../models/plainText.ts';
import { Avatar } from './Avatar.tsx';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';

/** Who is written to, and about which job. */
export function ChatHead({ state, name }: { state: TimelineState; name: string }) {
  const { navigation, single, words } = useSurroundings();
  const { job, person } = state;
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
        {job && (
          <p class="title">
            <bdi>{plain(job.title)}</bdi>
          </p>
        )}
      </div>
      {job && (
        <span class={job.status === 'closed' ? 'job closed' : 'job'}>
          {words.t('job', { number: String(job.id) })}
          {job.status === 'closed' && `, ${words.t('closed')}`}
        </span>
      )}
    </header>
  );
}
