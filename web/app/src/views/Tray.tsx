import type { Timeline } from '@jobline/sdk';
import { PushOffer } from '../account/PushOffer.tsx';
import { fileName } from '../models/fileName.ts';
import { FILE_LIMIT } from '../models/limits.ts';
import type { Attachment, Tray as Chosen } from '../platform/trays.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import { FileLabel } from './FileCard.tsx';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';
import type { NameOf } from './names.tsx';
import { nameIn, summary } from './Quote.tsx';
import { trayWords } from './trayWords.ts';

interface Props {
  readonly tray: Chosen;
  readonly timeline: Timeline;
  readonly nameOf: NameOf;
  /** Ends a change or a reply without sending it. */
  readonly stop: () => void;
}

/**
 * The area above the field: the previews of chosen files; the message that is edited or replied to; and, in the app, the
 * offer of notifications.
 */
export function Tray({ tray, timeline, nameOf, stop }: Props) {
  const { menu, words } = useSurroundings();
  const said = trayWords(words.lang);
  const { list, notices } = useValue(tray);
  const { clientId, key, reply } = useEditing();
  const isCovered = list.length + notices.length > 0 || (clientId ?? key ?? reply) !== undefined;
  const shown = (name: string) => {
    const { base, ending } = fileName(name, words.t('file'));
    return base + ending;
  };
  return (
    <>
      {menu && <PushOffer timeline={timeline} isCovered={isCovered} />}
      <div role="status">
        {notices.length > 0 && (
          <div class="note">
            <ul>
              {notices.map(({ key, name }, place) => (
                <li key={place}>{words.t(key, { name: shown(name), limit: words.size(FILE_LIMIT) })}</li>
              ))}
            </ul>
            <button
              type="button"
              class="icon-button"
              aria-label={words.t('dismiss')}
              onClick={() => tray.dismiss()}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
      {list.length > 1 && (
        <p class="tray-count" role="status">
          {words.fill(said.attachmentCount, { count: list.length })}
        </p>
      )}
      {list.length > 0 && (
        <ul class="tray" aria-label={words.fill(said.attachments)}>
          {list.map(one => (
            <li key={one.number}>
              <Preview attachment={one} name={shown(one.name)} />
              <button
                type="button"
                class="remove"
                aria-label={words.fill(said.removeAttachment, { name: shown(one.name) })}
                onClick={() => tray.remove(one.number)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <EditLine nameOf={nameOf} stop={stop} />
    </>
  );
}

function Preview({ attachment: { file, preview }, name }: { attachment: Attachment; name: string }) {
  const { words } = useSurroundings();
  const said = trayWords(words.lang);
  if (!file) {
    return (
      <div class="wait">
        <span class="spinner" role="img" aria-label={words.fill(said.preparing)} />
      </div>
    );
  }
  if (preview && file.size) {
    return <img class="thumb" src={preview} alt={name} width={file.size.width} height={file.size.height} />;
  }
  return (
    <div class="file">
      <FileLabel name={file.name} size={words.size(file.blob.size)} />
    </div>
  );
}

/** The message that is being edited or replied to. */
function EditLine({ nameOf, stop }: Pick<Props, 'nameOf' | 'stop'>) {
  const { words } = useSurroundings();
  const said = trayWords(words.lang);
  const { clientId, key, reply } = useEditing();
  if (clientId === undefined && key === undefined && !reply) return null;
  const title = reply
    ? words.fill(said.replyingTo, { name: nameIn(reply, nameOf, words) })
    : words.fill(clientId === undefined ? said.editingSent : said.editing);
  return (
    <div class={clientId === undefined ? 'note context' : 'note'} role="status">
      <span>
        <strong>{title}</strong>
        {reply && <span dir="auto">{summary(reply, reply.deleted !== undefined, words)}</span>}
      </span>
      <button type="button" class="icon-button" aria-label={words.t('cancel')} onClick={stop}>
        <Icon name="close" />
      </button>
    </div>
  );
}
