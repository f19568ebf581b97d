import type { MessageFile, Timeline, TimelineMessage } from '@jobline/sdk';
import { useState } from 'preact/hooks';
import { fileName } from '../models/fileName.ts';
import { isTiny, tileSize } from '../models/tile.ts';
import type { Cell } from '../models/timeline.ts';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';
import { usePicture } from './usePicture.ts';

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly file: MessageFile;
  readonly author: string;
  /** Its cell in the grid of those that were sent with it; a single photo has its own shape. */
  readonly cell?: Cell | undefined;
}

/** A photo in a bubble. Its tile is reserved before it is loaded, and never changes while it is in the page. */
export function PhotoTile({ timeline, message, file, author, cell }: Props) {
  const { navigation, words } = useSurroundings();
  const { url, failed, broken } = usePicture(timeline, message);
  const known = file.width && file.height ? { width: file.width, height: file.height } : undefined;
  const [{ width, ratio }] = useState(() => tileSize(known));

  const loaded = ({ naturalWidth, naturalHeight }: HTMLImageElement) => {
    if (!known && naturalWidth && naturalHeight)
      timeline.rememberSize(message.key, naturalWidth, naturalHeight);
  };
  const { base, ending } = fileName(file.name, words.t('photo'));
  return (
    <button
      type="button"
      class={isTiny(known) ? 'photo tiny' : 'photo'}
      style={
        cell
          ? { width: '100%', aspectRatio: cell === 'wide' ? '2' : '1' }
          : { width: `${width}px`, aspectRatio: String(ratio) }
      }
      aria-label={words.t('openPhoto', { name: base + ending })}
      data-photo={message.key}
      onClick={() => navigation.show(message.key)}
    >
      {url ? (
        <img
          src={url}
          alt={words.t('photoFrom', { name: author })}
          decoding="async"
          draggable={false}
          onLoad={event => loaded(event.currentTarget)}
          onError={broken}
        />
      ) : (
        <span class="unavailable">
          <Icon name="photo" />
          {failed && words.t('photoUnavailable')}
        </span>
      )}
    </button>
  );
}
