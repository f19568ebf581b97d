import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { webAddress } from '../platform/addresses.ts';
import { useSurroundings } from './context.ts';
import { Icon, Shape } from './Icon.tsx';
import { lightboxWords } from './lightboxWords.ts';
import type { NameOf } from './names.tsx';
import { type Gestures, useGestures } from './useGestures.ts';
import { usePicture } from './usePicture.ts';

/** Icons that only this view has, on a field of 24 by 24. */
const PATHS = {
  download: 'M12 4v11m-5-5 5 5 5-5M5 20h14',
  zoomIn: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.5 4.5M11 8v6m-3-3h6',
  zoomOut: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.5 4.5M8 11h6',
} as const;

interface Props {
  readonly timeline: Timeline;
  readonly messages: readonly TimelineMessage[];
  /** The key of the message whose photo is shown. */
  readonly photo: string;
  readonly nameOf: NameOf;
}

/** The photos of a conversation, large, one at a time. The browser's modal dialog traps and restores the focus. */
export function Lightbox({ timeline, messages, photo, nameOf }: Props) {
  const { navigation, words } = useSurroundings();
  const said = lightboxWords(words.lang);
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const gestures = useRef<Gestures>(undefined);
  const photos = messages.filter(
    message => message.type === 'image' && message.file && !message.file.expired,
  );
  const at = photos.findIndex(message => message.key === photo);
  const message = photos[at];
  const { url, broken, failed } = usePicture(timeline, message);
  const shown = useRef(photo);
  shown.current = photo;

  const turn = (by: number) => {
    const next = photos[at + by];
    if (next) navigation.show(next.key);
  };
  const forwards = words.dir === 'rtl' ? -1 : 1;
  const close = () => navigation.back();
  const swipes = { close, before: () => turn(-forwards), after: () => turn(forwards) };
  useGestures(stage, photo, swipes, made => {
    gestures.current = made;
  });

  useLayoutEffect(() => {
    const box = dialog.current;
    const root = box?.getRootNode();
    box?.showModal();
    return () => {
      box?.close();
      const tile = `[data-photo="${CSS.escape(shown.current)}"]`;
      if (root instanceof Document || root instanceof ShadowRoot)
        root.querySelector<HTMLElement>(tile)?.focus();
    };
  }, []);
  // At the last photo the button to it disappears; the focus moves here, or keys would have no effect.
  useLayoutEffect(() => {
    const box = dialog.current;
    const root = box?.getRootNode();
    if (!(root instanceof Document || root instanceof ShadowRoot)) return;
    if (!box?.contains(root.activeElement)) box?.focus();
  }, [photo]);
  // A link to a photo that is not (or no longer) here shows the chat.
  useLayoutEffect(() => {
    if (messages.length > 0 && !message) close();
  }, [message]);

  const pressed = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      ArrowLeft: swipes.before,
      ArrowRight: swipes.after,
      '+': () => gestures.current?.by(1.5),
      '=': () => gestures.current?.by(1.5),
      '-': () => gestures.current?.by(1 / 1.5),
    };
    actions[event.key]?.();
  };
  const author = nameOf(message?.senderId);
  const download = webAddress(message?.file?.url) ?? url;
  return (
    <dialog
      class="lightbox"
      ref={dialog}
      tabIndex={-1}
      aria-label={words.fill(said.photos)}
      onKeyDown={pressed}
      onCancel={event => {
        event.preventDefault();
        close();
      }}
    >
      <div class="stage" ref={stage}>
        {url && (
          <img src={url} alt={words.t('photoFrom', { name: author })} draggable={false} onError={broken} />
        )}
        {failed && <p role="status">{words.t('photoUnavailable')}</p>}
      </div>
      <div class="bar">
        <button type="button" class="icon-button" aria-label={words.t('close')} onClick={close}>
          <Icon name="close" />
        </button>
        <p class="caption" role="status">
          {photos.length > 1 && (
            <span class="place">{words.fill(said.position, { number: at + 1, count: photos.length })}</span>
          )}
          <span class="from">
            <bdi>{author}</bdi>
            {message &&
              words.joined('', words.joined(words.date(message.at, 'short'), words.clock(message.at)))}
          </span>
        </p>
        <button
          type="button"
          class="icon-button"
          aria-label={words.fill(said.zoomOut)}
          onClick={() => gestures.current?.by(1 / 1.5)}
        >
          <Shape path={PATHS.zoomOut} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={words.fill(said.zoomIn)}
          onClick={() => gestures.current?.by(1.5)}
        >
          <Shape path={PATHS.zoomIn} />
        </button>
        {download && (
          <a
            class="icon-button"
            href={download}
            download={message?.file?.name ?? ''}
            target="_blank"
            rel="noopener noreferrer"
            aria-label={words.fill(said.download)}
          >
            <Shape path={PATHS.download} />
          </a>
        )}
      </div>
      {at > 0 && (
        <button
          type="button"
          class="icon-button turn before"
          aria-label={words.fill(said.previous)}
          onClick={() => turn(-1)}
        >
          <Icon name="back" turns />
        </button>
      )}
      {at < photos.length - 1 && (
        <button
          type="button"
          class="icon-button turn after"
          aria-label={words.fill(said.next)}
          onClick={() => turn(1)}
        >
          <Icon name="forward" turns />
        </button>
      )}
    </dialog>
  );
}
