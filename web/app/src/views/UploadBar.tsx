import type { MessageState, Timeline, TimelineMessage } from '@jobline/sdk';
import { fileName } from '../models/fileName.ts';
import { useSurroundings } from './context.ts';

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly state: Extract<MessageState, { is: 'uploading' }>;
}

/** The progress of an upload, and a button to stop it. */
export function UploadBar({ timeline, message, state }: Props) {
  const { words } = useSurroundings();
  const { base, ending } = fileName(message.file?.name, words.t('file'));
  const percent = words.percent(state.sentBytes / Math.max(1, state.totalBytes));
  const cancel = () => {
    if (message.clientId) timeline.discard(message.clientId).catch(() => undefined);
  };
  return (
    <div class="upload choices">
      <progress
        value={state.sentBytes}
        max={Math.max(1, state.totalBytes)}
        aria-label={words.t('statusUploading', { percent })}
      />
      <button type="button" aria-label={words.t('cancelUpload', { name: base + ending })} onClick={cancel}>
        {words.t('cancel')}
      </button>
    </div>
  );
}
