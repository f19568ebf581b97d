import { useLayoutEffect, useRef } from 'preact/hooks';
import { ChatPane } from './ChatPane.tsx';
import { ConnectionLine } from './ConnectionLine.tsx';
import { ConversationList } from './ConversationList.tsx';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

/** List and chat: side by side if there is room, one at a time on a phone. */
export function Panes() {
  const { client, navigation, single, embedded, words } = useSurroundings();
  const { chat, photo } = useValue(navigation);
  // The user is known once there is a token, which is normally at once.
  const known = useValue(client.user) !== undefined;
  const timeline = chat === undefined || !known ? undefined : client.conversation(chat);
  const root = useRef<HTMLDivElement>(null);
  const before = useRef(timeline?.id);

  // If one pane replaces the other, the focus moves with it: into the chat, and back to the row that opened it.
  useLayoutEffect(() => {
    const left = before.current;
    before.current = timeline?.id;
    if (timeline || !left) return;
    root.current?.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(left)}"]`)?.focus();
  }, [timeline]);

  // Full dates are made only for the time under the pointer: making all of them takes longer than rendering the messages.
  const explain = ({ target }: Event) => {
    const time = target instanceof Element && target.closest('time');
    if (time) time.title = words.moment(Date.parse(time.dateTime));
  };
  const Root = embedded ? 'div' : 'main';
  return (
    <Root
      class="panes"
      ref={root}
      onMouseOver={explain}
      {...(!single && { 'data-open': String(chat !== undefined) })}
    >
      {!single && <ConversationList openId={timeline?.id} />}
      {timeline ? (
        <ChatPane
          key={timeline.id}
          timeline={timeline}
          {...(typeof chat === 'object' && chat.job && { about: chat.job })}
          {...(photo && { photo })}
        />
      ) : (
        <NoChat waiting={chat !== undefined} />
      )}
    </Root>
  );
}

function NoChat({ waiting }: { waiting: boolean }) {
  const { client, words } = useSurroundings();
  const { problem } = useValue(client.connection);
  if (waiting) {
    return (
      <div class="pane chat-pane">
        <ConnectionLine />
        <div class="blank">
          {problem ? (
            <p role="status">{words.t('cannotLoad')}</p>
          ) : (
            <span class="spinner" role="img" aria-label={words.t('loading')} />
          )}
        </div>
      </div>
    );
  }
  return (
    <div class="pane chat-pane">
      <div class="blank">
        <Icon name="chat" />
        <strong>{words.t('chooseConversation')}</strong>
        <p>{words.t('chooseConversationHint')}</p>
      </div>
    </div>
  );
}
