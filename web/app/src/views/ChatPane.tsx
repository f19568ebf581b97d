import type { Timeline } from '@jobline/sdk';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { personName } from '../models/plainText.ts';
import { ChatHead } from './ChatHead.tsx';
import { Composer } from './Composer.tsx';
import { ConnectionLine } from './ConnectionLine.tsx';
import { useSurroundings } from './context.ts';
import { type Editing, EditingContext } from './Editing.ts';
import { useValue } from './hooks.ts';
import { Lightbox } from './Lightbox.tsx';
import { MessageList } from './MessageList.tsx';
import { useDrop } from './useDrop.ts';

/** Whether a keyboard of glass would cover the chat when a field gets the focus. */
export const touches = (): boolean => matchMedia('(pointer: coarse)').matches;

/** An open chat. */
export function ChatPane({ timeline, photo }: { timeline: Timeline; photo?: string }) {
  const { trays, words, embedded } = useSurroundings();
  const state = useValue(timeline);
  const pane = useRef<HTMLElement>(null);
  const tray = trays.of(timeline.id);
  const dropping = useDrop(pane, state.canWrite ? files => tray.add(files) : undefined);
  const [edited, setEdited] = useState<{ clientId: string; text: string }>();
  const editing = useMemo<Editing>(
    () => ({
      ...edited,
      possible: state.canWrite,
      begin: (clientId, text) => setEdited({ clientId, text }),
      end: () => setEdited(undefined),
    }),
    [edited, state.canWrite],
  );
  // The two may share another job that is open, which only the server knows: who wants to write may try.
  const [trying, setTrying] = useState<Timeline>();
  const name = personName(state.person?.name, state.person?.id ?? '');
  useLayoutEffect(() => timeline.open(), [timeline]);
  // The field gets the focus where that brings up no keyboard of glass, or was asked for; elsewhere the chat itself does.
  useEffect(() => {
    // In somebody else's page the focus stays where it is, unless it is in the chat already.
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
        aria-label={words.t('conversationWith', { name })}
      >
        <ChatHead state={state} name={name} />
        <ConnectionLine />
        <MessageList timeline={timeline} state={state} name={name} />
        {state.canWrite || state.status === 'loading' || trying === timeline ? (
          <Composer timeline={timeline} tray={tray} />
        ) : (
          <p class="note plain" role="status">
            {words.t(state.reason === 'job_closed' ? 'jobClosed' : 'errorNotParticipant')}
            <button type="button" class="button" onClick={() => setTrying(timeline)}>
              {words.t('otherJob')}
            </button>
          </p>
        )}
        {dropping && <div class="drop">{words.t('dropHere')}</div>}
        {photo && <Lightbox timeline={timeline} messages={state.messages} photo={photo} name={name} />}
      </section>
    </EditingContext.Provider>
  );
}
