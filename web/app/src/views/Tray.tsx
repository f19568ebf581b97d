import { useSurroundings } from './context.ts';
import { FileLabel } from './FileCard.tsx';
import { Icon } from './Icon.tsx';
import type { Attachment, Attachments } from './useAttachments.ts';

/** What was chosen, to look at before it is sent. */
export function Tray({ attachments }: { attachments: Attachments }) {
  const { words } = useSurroundings();
  const { list, notice } = attachments;
  return (
    <>
      <div role="status">
        {notice && (
          <div class="note">
            <span>{notice}</span>
            <button
              type="button"
              class="icon-button"
              aria-label={words.t('dismiss')}
              onClick={attachments.dismiss}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
      {list.length > 0 && (
        <ul class="tray" aria-label={words.t('attachments')}>
          {list.map(one => (
            <li key={one.number}>
              <Chosen attachment={one} />
              <button
                type="button"
                class="remove"
                aria-label={words.t('removeAttachment', { name: one.name })}
                onClick={() => attachments.remove(one.number)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Chosen({ attachment: { name, file, preview } }: { attachment: Attachment }) {
  const { words } = useSurroundings();
  if (!file) {
    return (
      <div class="wait">
        <span class="spinner" role="img" aria-label={words.t('preparing')} />
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
