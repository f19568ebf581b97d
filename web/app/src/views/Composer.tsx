import type { Person, Timeline } from '@jobline/sdk';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ACCEPT } from '../media/kinds.ts';
import { lastToEdit } from '../models/acting.ts';
import { charactersLeft, contentOf } from '../models/limits.ts';
import { meansFiles } from '../models/paste.ts';
import type { Tray as Chosen } from '../platform/trays.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { lazy } from './lazy.tsx';
import type { NameOf } from './names.tsx';
import { touches } from './touches.ts';
import { useSend } from './useSend.ts';

const Mentions = lazy(async () => (await import('../crew/Mentions.tsx')).Mentions);
const Tray = lazy(async () => (await import('./Tray.tsx')).Tray);
const Recorder = lazy(async () => (await import('./Voice.tsx')).Recorder);

interface Props {
  readonly timeline: Timeline;
  readonly tray: Chosen;
  readonly nameOf: NameOf;
  /** In a crew: the people who can be mentioned. */
  readonly people: readonly Person[] | undefined;
}

/** The composer of a message. Its draft is stored with the conversation. */
export function Composer({ timeline, tray, nameOf, people }: Props) {
  const { words } = useSurroundings();
  const editing = useEditing();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => timeline.draft.get());
  const content = contentOf(text);
  /** Whether an existing message is being edited. */
  const changing = editing.clientId ?? editing.key;
  const left = charactersLeft(content);
  const { list } = useValue(tray);
  const waiting = list.some(one => !one.file);
  const ready = (content !== '' || (list.length > 0 && !changing)) && (left ?? 0) >= 0 && !waiting;
  const send = useSend(timeline, tray, content => setText(typing => typing || content));

  const change = (next: string) => {
    setText(next);
    if (!changing) timeline.setDraft(next);
  };
  const submit = () => {
    if (!ready) return;
    send(content);
    if (changing === undefined) setText('');
    // After any button the focus returns to the field, so that the keyboard stays open.
    field.current?.focus();
  };

  const stopEditing = () => {
    editing.end();
    field.current?.focus();
  };

  // Before the next key press, so that the initial text does not replace typed text. The draft may be read from the device
  // after the field is shown, and it may be written in another tab. While a message is edited, the draft waits.
  useLayoutEffect(() => {
    const follow = () => setText(timeline.draft.get());
    if (editing.text !== undefined) return setText(editing.text);
    follow();
    return timeline.draft.subscribe(follow);
  }, [timeline, changing]);
  useEffect(() => {
    if (changing === undefined && !editing.reply) return;
    // The dialog that opened it returns the focus first.
    const timer = setTimeout(() => field.current?.focus());
    return () => clearTimeout(timer);
  }, [changing, editing.reply]);
  useLayoutEffect(() => grow(field.current), [text]);

  return (
    <>
      <Tray timeline={timeline} tray={tray} nameOf={nameOf} stop={stopEditing} />
      <form
        class="composer"
        part="composer"
        onSubmit={event => {
          event.preventDefault();
          submit();
        }}
      >
        {people && text.includes('@') && (
          <Mentions field={field} text={text} people={people} nameOf={nameOf} change={change} />
        )}
        <label class="icon-button attach">
          <Icon name="attach" />
          <input
            type="file"
            multiple
            accept={ACCEPT}
            aria-label={words.t('attach')}
            onChange={event => {
              tray.add(event.currentTarget.files ?? []);
              event.currentTarget.value = '';
              field.current?.focus();
            }}
          />
        </label>
        <div class="field">
          <textarea
            ref={field}
            rows={1}
            value={text}
            dir={text ? 'auto' : words.dir}
            placeholder={words.t('messagePlaceholder')}
            aria-label={words.t('message')}
            enterkeyhint={touches() ? 'enter' : 'send'}
            autocomplete="off"
            onInput={event => change(event.currentTarget.value)}
            onKeyDown={event => {
              if (event.key === 'Escape' && (changing !== undefined || editing.reply)) {
                event.preventDefault();
                stopEditing();
              }
              if (event.key === 'ArrowUp' && text === '' && changing === undefined) {
                const last = lastToEdit(timeline.get().messages);
                if (last) editing.change(last.key, last.text);
                if (last) event.preventDefault();
              }
              const page = event.key === 'PageUp' ? -1 : event.key === 'PageDown' ? 1 : 0;
              if (page !== 0) {
                event.preventDefault();
                scrollMessages(event.currentTarget, page);
              }
              if (!sends(event)) return;
              event.preventDefault();
              submit();
            }}
            onPaste={event => {
              const files = [...(event.clipboardData?.files ?? [])];
              if (!meansFiles(event.clipboardData?.getData('text/plain') ?? '', files)) return;
              event.preventDefault();
              tray.add(files);
            }}
          />
          {left !== undefined && <Counter left={left} />}
        </div>
        {content === '' && list.length === 0 && !changing && <Recorder timeline={timeline} />}
        {/* Pressing it takes no focus away from the field, so a phone's keyboard stays where it is. */}
        <button
          type="submit"
          class="icon-button send"
          part="send"
          aria-label={words.t('send')}
          disabled={!ready}
          onPointerDown={event => event.preventDefault()}
          onMouseDown={event => event.preventDefault()}
        >
          <Icon name="send" />
        </button>
      </form>
    </>
  );
}

/**
 * Enter sends with a hardware keyboard. On a touch screen it inserts a new line; during composition it belongs to the input
 * method.
 */
function sends(event: KeyboardEvent): boolean {
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== 'Enter' || composing || event.shiftKey || event.altKey) return false;
  return event.ctrlKey || event.metaKey || !touches();
}

/** Scrolls the messages above the field by most of a page, so that the reader can look back while writing. */
function scrollMessages(field: HTMLElement, page: number): void {
  const log = field.closest('.chat-pane')?.querySelector('.log');
  log?.scrollBy({ top: page * log.clientHeight * 0.9 });
}

/** For browsers that do not size a field by its content; the style sheet limits its height. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports('field-sizing', 'content')) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

function Counter({ left }: { left: number }) {
  const { words } = useSurroundings();
  const text =
    left < 0 ? words.t('charactersOver', { count: -left }) : words.t('charactersLeft', { count: left });
  return (
    <div class={left < 0 ? 'left over' : 'left'} role={left <= 20 ? 'status' : undefined}>
      {text}
    </div>
  );
}
