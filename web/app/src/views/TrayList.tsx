import type { Attachment, Tray } from '../platform/trays.ts';
import { useSurroundings } from './context.ts';
import { FileLabel } from './FileCard.tsx';
import { Icon } from './Icon.tsx';

interface Props {
  readonly tray: Tray;
  readonly list: readonly Attachment[];
  /** How a file's name is shown. */
  readonly shown: (name: string) => string;
}

/** The files that were chosen, each with a picture of it and a button that takes it out again. */
export function TrayList({ tray, list, shown }: Props) {
  const { words } = useSurroundings();
  return (
    <ul class="tray" aria-label={words.t('attachments')}>
      {list.map(one => (
        <li key={one.number}>
          <Preview attachment={one} name={shown(one.name)} />
          <button
            type="button"
            class="remove"
            aria-label={words.t('removeAttachment', { name: shown(one.name) })}
            onClick={() => tray.remove(one.number)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Preview({ attachment: { file, preview }, name }: { attachment: Attachment; name: string }) {
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
