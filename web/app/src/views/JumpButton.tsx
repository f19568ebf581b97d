import { useSurroundings } from './context.ts';
import { Icon } from './Icon.tsx';

/** Goes to the latest message, and says how many of them are unread. */
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
