import type { Timeline, TimelineState } from '@jobline/sdk';
import { useSurroundings } from './context.ts';

/**
 * The line above the first message: older ones are being loaded, could not be loaded, or do not exist.
 */
export function Edge({
  timeline,
  state,
  whole,
}: {
  timeline: Timeline;
  state: TimelineState;
  whole: boolean;
}) {
  const { words } = useSurroundings();
  const { olderProblem, hasOlder, messages } = state;
  if (olderProblem) {
    return (
      <div class="edge" role="status">
        <p>{words.t(olderProblem.code === 'not_found' ? 'notFound' : 'cannotLoad')}</p>
        {olderProblem.code !== 'not_found' && (
          <button type="button" class="button" onClick={() => timeline.loadOlder().catch(() => undefined)}>
            {words.t('retry')}
          </button>
        )}
      </div>
    );
  }
  if (hasOlder || !whole) {
    return (
      <div class={state.loadingOlder ? 'edge loading' : 'edge'}>
        <span class="spinner" role="img" aria-label={words.t('loadingOlder')} />
      </div>
    );
  }
  const empty = !state.person ? 'notFound' : state.canWrite ? 'emptyChat' : 'noMessagesYet';
  return <div class="edge">{words.t(messages.length > 0 ? 'beginning' : empty)}</div>;
}
