import type { Timeline, TimelineState } from '@jobline/sdk';
import { useMemo, useState } from 'preact/hooks';
import { reactionOf } from '../models/acting.ts';
import type { Acts, Opened } from './acts.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import { useLatest } from './hooks.ts';
import { namesIn } from './names.tsx';

/** The actions on the messages of a chat, and the open dialog. `show` scrolls to the message with a key. */
export function useActs(timeline: Timeline, state: TimelineState, show: (key: string) => void) {
  const { client, words } = useSurroundings();
  const [opened, open] = useState<Opened>();
  const latest = useLatest({ state, show, words, editing: useEditing() });
  const acts = useMemo<Acts>(
    () => ({
      menu: ({ key }, at) => open({ is: 'menu', key, at }),
      versions: ({ key }) => open({ is: 'versions', key }),
      toggle: (message, emoji) => {
        const taken = reactionOf(message, client.user.get()) === emoji;
        // It rejects if the message is no longer here.
        timeline.react(message.key, taken ? undefined : emoji).catch(() => undefined);
      },
      reply: message => {
        const { editing } = latest.current;
        if (message.id && editing.possible) editing.replyTo(message);
      },
      jump: id => {
        const { state, show } = latest.current;
        const original = state.messages.find(message => message.id === id);
        if (original) return show(original.key);
        // It is older than the loaded messages. The list shows it once it is rendered.
        import('./MessageDialog.tsx')
          .then(({ olderMessage }) => olderMessage(timeline, id))
          .then(key => key && requestAnimationFrame(() => latest.current.show(key)))
          .catch(() => undefined);
      },
      nameOf: id => namesIn(latest.current.state, latest.current.words, client.user.get())(id),
    }),
    [timeline],
  );
  // The previous dialog reports that it was closed after the next one was opened.
  const close = (one: Opened) => open(now => (now === one ? undefined : now));
  return { acts, opened, close };
}
