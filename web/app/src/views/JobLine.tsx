import type { Job } from '@jobline/sdk';
import { plain } from '../models/plainText.ts';
import { useSurroundings } from './context.ts';

/** A job; if it is not known yet, only its number. */
export type ShownJob = Job | { readonly id: number };

/** The title of a job, its number, and whether it is closed. */
export function JobLine({ job }: { job: ShownJob }) {
  const { words } = useSurroundings();
  const number = words.t('job', { number: words.label(job.id) });
  const closed = 'status' in job && job.status === 'closed';
  return (
    <p class="title">
      {'title' in job && <bdi>{plain(job.title)}</bdi>}
      <span class={closed ? 'job closed' : 'job'}>
        {closed ? words.joined(number, words.t('closed')) : number}
      </span>
    </p>
  );
}
