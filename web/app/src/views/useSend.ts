import type { FileMeta, Timeline } from '@jobline/sdk';
import type { Prepared } from '../media/photo.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import type { Attachments } from './useAttachments.ts';

/**
 * Hands what was written to the outbox. Each file is a message of its own, in the order in which they were chosen; the text
 * goes with the last of them, so that it stands below all.
 */
export function useSend(timeline: Timeline, attachments: Attachments): (content: string) => void {
  const { pictures } = useSurroundings();
  const editing = useEditing();
  const sendFile = async (file: Prepared, text: string) => {
    const meta: FileMeta = {
      name: file.name,
      contentType: file.type,
      ...(text && { text }),
      ...(file.size && { width: file.size.width, height: file.size.height }),
    };
    const clientId = await timeline.sendFile(file.blob, meta);
    if (file.size) pictures.hold(clientId, file.blob);
  };
  return content => {
    if (editing.clientId !== undefined) {
      timeline.edit(editing.clientId, content).catch(report);
      editing.end();
      return;
    }
    const files = attachments.take() ?? [];
    if (files.length === 0) timeline.send(content).catch(report);
    files.forEach((file, place) => {
      sendFile(file, place === files.length - 1 ? content : '').catch(report);
    });
  };
}

/** The outbox keeps what it takes, and what it does not take was checked before: nothing else can be done here. */
function report(error: unknown): void {
  console.error('The message was not kept.', error);
}
