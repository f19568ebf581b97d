import type { Timeline } from '@jobline/sdk';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { personName } from '../models/plainText.ts';
import { wordsFor } from '../models/problems.ts';
import { ChatHead } from './ChatHead.tsx';
import { Composer } from './Composer.tsx';
import { ConnectionLine } from './ConnectionLine.tsx';
import { useSurroundings } from './context.ts';
import { type Editing, EditingContext } from './Editing.ts';
import { useValue } from './hooks.ts';
import { lazy } from './lazy.tsx';
import { MessageList } from './MessageList.tsx';
import { namesIn } from './names.tsx';
import { touches } from './touches.ts';
import { useDrop } from './useDrop.ts';

const Lightbox = lazy(async () => (await import('./Lightbox.tsx')).Lightbox);

interface Props {
  readonly timeline: Timeline;
  /** The job that the chat was opened for, by a link or by the embedding page. */
  readonly about?: number;
  /** The key of the message whose photo is shown large. */
  readonly photo?: string;
}

/** An open chat. */
export function ChatPane({ timeline, about, photo }: Props) {
  const { client, embedded, navigation, single, trays, words } = useSurroundings();
  const state = useValue(timeline);
  const pane = useRef<HTMLElement>(null);
  const tray = trays.of(timeline.id);
  const dropping = useDrop(pane, state.canWrite ? files => tray.add(files) : undefined);
  const [edited, setEdited] = useState<Partial<Editing>>();
  const editing = useMemo<Editing>(
    () => ({
      ...edited,
      possible: state.canWrite,
      begin: (clientId, text) => setEdited({ clientId, text }),
      change: (key, text) => setEdited({ key, text }),
      replyTo: reply => setEdited({ reply }),
      end: () => setEdited(undefined),
    }),
    [edited, state.canWrite],
  );
  // The two may share another open job, which only the server knows, so the reader may try to write.
  const [trying, setTrying] = useState<Timeline>();
  const { person, people } = state;
  const nameOf = namesIn(state, words, client.user.get());
  const name = person
    ? personName(person.name, person.id) || words.t('somebody')
    : words.t('unknownConversation');
  // The conversation may be about another job so far: then only the number of this one is known.
  const job = about === undefined || state.job?.id === about ? state.job : { id: about };
  const writing = state.canWrite || state.status === 'loading' || trying === timeline;
  // Escape first closes what is open in the chat; if nothing is, it closes the chat.
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || single) return;
    if (event.target instanceof Element && event.target.closest('dialog')) return;
    event.preventDefault();
    if (!edited) return navigation.back();
    editing.end();
    pane.current?.querySelector('textarea')?.focus();
  };
  useLayoutEffect(() => timeline.open(), [timeline]);
  // The field gets the focus if that opens no on-screen keyboard, or was requested; otherwise the chat itself does.
  useEffect(() => {
    // In a host's page the focus stays where it is, unless it is already in the chat.
    const root = pane.current?.getRootNode();
    if (embedded && root instanceof ShadowRoot && !root.activeElement) return;
    const field =
      touches() && trying !== timeline ? null : pane.current?.querySelector<HTMLElement>('textarea');
    (field ?? pane.current?.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: true });
  }, [timeline, trying]);
  return (
    <EditingContext.Provider value={editing}>
      <section
        class="pane chat-pane"
        part="chat"
        ref={pane}
        aria-label={person ? words.t('conversationWith', { name }) : name}
        onKeyDown={pressed}
      >
        <ChatHead id={timeline.id} state={state} name={name} nameOf={nameOf} job={job} />
        <ConnectionLine />
        <MessageList timeline={timeline} state={state} name={name} />
        {writing && person && <Composer timeline={timeline} tray={tray} nameOf={nameOf} people={people} />}
        {!writing && person && (
          <p class="note plain" role="status">
            {state.reason === 'job_closed'
              ? words.t('jobClosed')
              : people
                ? words.t('notInCrew')
                : wordsFor(state.reason ?? 'not_job_participant', words)}
            {state.messages.length > 0 && !people && (
              <button type="button" class="button outlined" onClick={() => setTrying(timeline)}>
                {words.t('otherJob')}
              </button>
            )}
          </p>
        )}
        {dropping && <div class="drop">{words.t('dropHere')}</div>}
        {photo && <Lightbox timeline={timeline} messages={state.messages} photo={photo} nameOf={nameOf} />}
      </section>
    </EditingContext.Provider>
  );
}
