import type { MessageFile, Timeline, TimelineMessage } from '@jobline/sdk';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { fileName, sizeInName } from '../models/fileName.ts';
import { isTiny, tileSize } from '../models/tile.ts';
import type { Cell } from '../models/timeline.ts';
import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly file: MessageFile;
  readonly author: string;
  /** Its place in the grid of those that were sent with it; alone it has the shape of its own. */
  readonly cell?: Cell | undefined;
}

/** A photo in a bubble. Its room is reserved before it is there, and never changes while it is in the page. */
export function PhotoTile({ timeline, message, file, author, cell }: Props) {
  const { navigation, pictures, words } = useSurroundings();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [tried, setTried] = useState(0);
  const known =
    file.width && file.height ? { width: file.width, height: file.height } : sizeInName(file.name);
  const [{ width, ratio }] = useState(() => tileSize(known));
  const url = pictures.url(message);

  useLayoutEffect(() => {
    if (url || tried > 2) return;
    const fetched = message.clientId ? pictures.fetchOwn(timeline, message) : Promise.resolve(false);
    fetched
      .then(found => (found ? redraw(undefined) : timeline.refreshFile(message.key)))
      .catch(() => setTried(tried + 1));
  }, [url, tried, file.url]);

  const loaded = ({ naturalWidth, naturalHeight }: HTMLImageElement) => {
    if (!known && naturalWidth && naturalHeight)
      timeline.rememberSize(message.key, naturalWidth, naturalHeight);
  };
  const broken = () => {
    const another = pictures.failed(message);
    if (another || tried > 1) redraw(undefined);
    setTried(tried + 1);
  };
  const { base, ending } = fileName(file.name, words.t('photo'));
  return (
    <button
      type="button"
      class={isTiny(known) && !cell ? 'photo tiny' : 'photo'}
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
          {tried > 2 && words.t('photoUnavailable')}
        </span>
      )}
    </button>
  );
}
