import type { FileMeta, Timeline } from '@jobline/sdk';
import type { Prepared } from '../media/photo.ts';
import type { Tray } from '../platform/trays.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';

/**
 * Adds the written text and the files to the outbox. Each file is a separate message, in the order in which they were
 * chosen; the text is sent with the last of them, so that it is below all.
 *
 * The draft is deleted when the message is stored, not before, so a killed tab never loses both. The outbox rejects only
 * if it can store nothing at all; then the text is put back.
 */
export function useSend(
  timeline: Timeline,
  tray: Tray,
  giveBack: (content: string) => void,
): (content: string) => void {
  const { pictures } = useSurroundings();
  const editing = useEditing();

  const sendFile = async (file: Prepared, text: string, replyTo: string | undefined) => {
    const meta: FileMeta = {
      name: file.name,
      contentType: file.type,
      ...(text && { text }),
      ...(replyTo && { replyTo }),
      ...(file.size && { width: file.size.width, height: file.size.height }),
    };
    // The bytes are here already, so that files and texts reach the outbox in the order in which they were sent.
    const { bytes, blob, type } = file;
    const clientId = await timeline.sendFile(
      { size: bytes.byteLength, type, arrayBuffer: async () => bytes },
      meta,
    );
    if (file.size) pictures.hold(clientId, blob);
    // The reader may have begun another text meanwhile.
    if (text && timeline.draft.get().trim() === text) timeline.setDraft('');
  };
  return content => {
    const refused = (error: unknown) => {
      console.error('The message was not kept.', error);
      giveBack(content);
    };
    if (editing.clientId !== undefined) {
      timeline.rewrite(editing.clientId, content).catch(refused);
      editing.end();
      return;
    }
    if (editing.key !== undefined) {
      if (content !== editing.text) timeline.edit(editing.key, content).catch(refused);
      editing.end();
      return;
    }
    const replyTo = editing.reply?.key;
    if (editing.reply) editing.end();
    const files = tray.take() ?? [];
    if (files.length === 0) timeline.send(content, replyTo).catch(refused);
    files.forEach((file, place) => {
      sendFile(file, place === files.length - 1 ? content : '', place === 0 ? replyTo : undefined).catch(
        refused,
      );
    });
  };
}
