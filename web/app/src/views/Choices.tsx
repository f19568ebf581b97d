import type { Problem, Timeline, TimelineMessage } from '@jobline/sdk';
import { wordsFor } from '../models/problems.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';

/** Why a message was refused, and what can be done with it: retry, edit, delete. */
export function Choices(props: { timeline: Timeline; message: TimelineMessage; problem: Problem }) {
  const { timeline, message, problem } = props;
  const { words } = useSurroundings();
  const editing = useEditing();
  const { clientId } = message;
  if (!clientId) return null;
  return (
    <>
      <div class="meta reason">{wordsFor(problem.code, words)}</div>
      <div class="choices">
        <button type="button" onClick={() => timeline.retry(clientId).catch(() => undefined)}>
          {words.t('retry')}
        </button>
        {editing.possible && (
          <button type="button" onClick={() => editing.begin(clientId, message.text)}>
            {words.t('edit')}
          </button>
        )}
        <button type="button" onClick={() => timeline.discard(clientId).catch(() => undefined)}>
          {words.t('delete')}
        </button>
      </div>
    </>
  );
}
