import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';

/** A button to the latest message, with the number of unread ones. */
export function JumpButton({ count, jump }: { count: number; jump: () => void }) {
  const { words } = useSurroundings();
  return (
    <button
      type="button"
      class="jump"
      aria-label={count > 0 ? words.t('jumpToNew', { count }) : words.t('jumpToLatest')}
      onClick={jump}
    >
      <Icon name="down" />
      {count > 0 && (
        <span class="badge" aria-hidden="true">
          {words.number(count)}
        </span>
      )}
    </button>
  );
}
