import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { changeWords } from '../changes/words.ts';
import { wordsFor } from '../models/problems.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';

const WHAT = { edit: 'notEdited', delete: 'notDeleted', react: 'notReacted' } as const;

/** The refused command for a message, the reason, and the text of a refused edit. */
export function Refused({ timeline, message }: { timeline: Timeline; message: TimelineMessage }) {
  const { words } = useSurroundings();
  const editing = useEditing();
  const { refused, key } = message;
  if (!refused) return null;
  const { is, text = '', problem } = refused;
  return (
    <>
      <div class="meta reason" role="status">
        {words.fill(changeWords(words.lang)[WHAT[is]])} {wordsFor(problem.code, words)}
      </div>
      <div class="choices">
        {is === 'edit' && editing.possible && (
          <button type="button" onClick={() => editing.change(key, text)}>
            {words.t('edit')}
          </button>
        )}
        <button type="button" onClick={() => timeline.dismiss(key).catch(() => undefined)}>
          {words.t('dismiss')}
        </button>
      </div>
    </>
  );
}
