import type { MessageFile, Timeline, TimelineMessage } from '@jobline/sdk';
import { fileName } from '../models/fileName.ts';
import { webAddress } from '../platform/addresses.ts';
import { useSurroundings } from './context.ts';
import { useLatest } from './hooks.ts';

/** The icon of a file with its name and size, in a bubble and in the tray. */
export function FileLabel({ name, size }: { name: string; size: string }) {
  const { words } = useSurroundings();
  const { base, ending } = fileName(name, words.t('file'));
  return (
    <>
      <span class="sheet" aria-hidden="true">
        {ending.slice(1)}
      </span>
      <span class="label">
        <bdi class="file-name">
          <span class="base">{base}</span>
          <span class="ending">{ending}</span>
        </bdi>
        <span class="size">{size}</span>
      </span>
    </>
  );
}

/** A file in a bubble; a link that downloads it once the server has it. */
export function FileCard(props: { timeline: Timeline; message: TimelineMessage; file: MessageFile }) {
  const { timeline, message, file } = props;
  const { words } = useSurroundings();
  const latest = useLatest(file);
  const url = webAddress(file.url);
  const size = words.size(file.size);
  const { base, ending } = fileName(file.name, words.t('file'));
  if (!url) {
    return (
      <div class="file">
        <FileLabel name={file.name} size={file.expired ? words.t('fileExpired') : size} />
      </div>
    );
  }
  // A link that has expired is renewed first, and then followed.
  const follow = async (event: MouseEvent) => {
    if ((file.urlExpiresAt ?? Number.POSITIVE_INFINITY) > Date.now()) return;
    event.preventDefault();
    await timeline.refreshFile(message.key).catch(() => undefined);
    const fresh = webAddress(latest.current.url);
    if (fresh) location.assign(fresh);
  };
  return (
    <a
      class="file"
      href={url}
      download={base + ending}
      rel="noopener noreferrer nofollow"
      onClick={event => void follow(event)}
    >
      {/* One to be heard, with the whole name in one word, and one to be seen. */}
      <span class="hidden">{words.t('downloadFile', { name: base + ending, size })}</span>
      <span class="file-shown" aria-hidden="true">
        <FileLabel name={file.name} size={size} />
      </span>
    </a>
  );
}
