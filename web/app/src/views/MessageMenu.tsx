import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { useEffect, useState } from 'preact/hooks';
import { accountWords } from '../account/words.ts';
import { changeWords } from '../changes/words.ts';
import { type Action, actionsFor, QUICK, reactionOf } from '../models/acting.ts';
import type { Acts } from './acts.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly acts: Acts;
  readonly close: () => void;
  /** Continues with another dialog. */
  readonly ask: (what: Asked) => void;
}

/** The next dialog: the emoji picker, the question before a deletion, or the report form. */
export type Asked = 'emoji' | 'delete' | 'report';

/** How long the menu confirms that the text was copied before it closes, in milliseconds. */
const COPIED_MS = 1200;

const LINES = [
  ['reply', 'reply', 'reply'],
  ['copy', 'copy', 'copy'],
  ['edit', 'edit', 'pen'],
  ['delete', 'delete', 'bin'],
] as const;

/** The actions on a message. Arrow keys move between them. */
export function MessageMenu({ message, acts, close, ask }: Props) {
  const { client, words } = useSurroundings();
  const editing = useEditing();
  const me = useValue(client.user);
  const possible = actionsFor(message, editing.possible);
  const mine = reactionOf(message, me);
  const [copied, setCopied] = useState<boolean>();
  // The confirmation stays long enough to be read, a failure until the reader closes it.
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(close, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(message.text);
      setCopied(true);
    } catch (error) {
      // Pages without TLS have no clipboard, and browsers may be configured to refuse it.
      console.warn('Not copied.', error);
      setCopied(false);
    }
  };
  const said = changeWords(words.lang);
  const outcome = copied === undefined ? '' : words.fill(copied ? said.copied : said.notCopied);
  const act: Record<Exclude<Action, 'react'>, () => void> = {
    reply: () => editing.replyTo(message),
    copy,
    edit: () => editing.change(message.key, message.text),
    delete: () => ask('delete'),
  };
  return (
    <div class="message-menu" role="toolbar" aria-label={words.t('messageActions')} onKeyDown={moveFocus}>
      {possible.includes('react') && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
        <div class="quick" role="group" aria-label={words.t('react')}>
          {QUICK.map(emoji => (
            <button
              key={emoji}
              type="button"
              aria-pressed={mine === emoji}
              onClick={() => {
                acts.toggle(message, emoji);
                close();
              }}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            class="more"
            aria-label={words.fill(said.moreEmoji)}
            onClick={() => ask('emoji')}
          >
            <Icon name="more" />
          </button>
        </div>
      )}
      {LINES.filter(([action]) => possible.includes(action)).map(([action, key, icon]) => (
        <button
          key={action}
          type="button"
          class={action === 'delete' ? 'item bad' : 'item'}
          onClick={() => {
            if (action === 'reply' || action === 'edit') close();
            act[action]();
          }}
        >
          <Icon name={action !== 'copy' || copied === undefined ? icon : copied ? 'check' : 'alert'} />
          {(action === 'copy' && outcome) || words.t(key)}
        </button>
      ))}
      {message.id !== undefined && message.senderId !== undefined && (
        <button type="button" class="item bad" onClick={() => ask('report')}>
          <Icon name="alert" />
          {words.fill(accountWords(words.lang).reportMessage)}
        </button>
      )}
      <span class="hidden" role="status">
        {outcome}
      </span>
    </div>
  );
}

function moveFocus(event: KeyboardEvent): void {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const step = steps[event.key];
  const menu = event.currentTarget;
  if (step === undefined || !(menu instanceof HTMLElement)) return;
  event.preventDefault();
  const buttons = [...menu.querySelectorAll('button')];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}
