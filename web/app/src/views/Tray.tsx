import { fileName } from '../models/fileName.ts';
import { FILE_LIMIT } from '../models/limits.ts';
import type { Tray as Chosen } from '../platform/trays.ts';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { lazy } from './lazy.tsx';

const TrayList = lazy(async () => (await import('./TrayList.tsx')).TrayList);

/** What was chosen, to look at before it is sent. */
export function Tray({ tray }: { tray: Chosen }) {
  const { words } = useSurroundings();
  const { list, notices } = useValue(tray);
  const shown = (name: string) => {
    const { base, ending } = fileName(name, words.t('file'));
    return base + ending;
  };
  return (
    <>
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
          {words.t('attachmentCount', { count: list.length })}
        </p>
      )}
      {list.length > 0 && <TrayList tray={tray} list={list} shown={shown} />}
    </>
  );
}
