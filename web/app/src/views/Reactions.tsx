import type { TimelineMessage } from '@jobline/sdk';
import type { Acts } from './acts.ts';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';

/** The reactions below a bubble. Pressing one sets or removes the reader's own. */
export function Reactions({ message, acts }: { message: TimelineMessage; acts: Acts }) {
  const { client, words } = useSurroundings();
  const me = useValue(client.user);
  if (!message.reactions?.length) return null;
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, userIds }) => {
        const names = words.joined(...userIds.map(acts.nameOf));
        return (
          <button
            key={emoji}
            type="button"
            title={names}
            aria-label={words.t('reactedBy', { emoji, names })}
            aria-pressed={userIds.includes(me ?? '')}
            onClick={() => acts.toggle(message, emoji)}
          >
            <span aria-hidden="true">{emoji}</span>
            {userIds.length > 1 && <span aria-hidden="true">{words.number(userIds.length)}</span>}
          </button>
        );
      })}
    </div>
  );
}
