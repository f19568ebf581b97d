import type { ConversationDetails } from './generated/contract.ts';
import type { Job, TimelineMessage, TimelineState } from './state.ts';

/** Why writing would be refused: as the server said, else because the job is closed or the last attempt was refused. */
export function refusalOf(
  told: Partial<ConversationDetails> | undefined,
  job: Job | undefined,
  wanted: number | undefined,
  messages: readonly TimelineMessage[],
): TimelineState['reason'] {
  if (told?.canSend !== undefined) return told.reason;
  const about = wanted === undefined || wanted === job?.id;
  if (job && about) return job.status === 'closed' ? 'job_closed' : undefined;
  const state = messages.at(-1)?.state;
  const code = state?.is === 'failed' ? state.problem.code : undefined;
  return code === 'job_closed' || code === 'not_job_participant' ? code : undefined;
}
