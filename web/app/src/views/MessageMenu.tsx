import type { Timeline, TimelineMessage } from '@jobline/sdk';
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
  /** Goes on to another dialog. */
  readonly ask: (what: Asked) => void;
}

/** What is asked next: any other emoji, whether to delete the message, what is wrong about it. */
export type Asked = 'emoji' | 'delete' | 'report';

const LINES = [
  ['reply', 'reply', 'reply'],
  ['copy', 'copy', 'copy'],
  ['edit', 'edit', 'pen'],
  ['delete', 'delete', 'bin'],
] as const;

/** What can be done with a message. Arrow keys move from one to the next. */
export function MessageMenu({ message, acts, close, ask }: Props) {
  const { client, words } = useSurroundings();
  const editing = useEditing();
  const me = useValue(client.user);
  const possible = actionsFor(message, editing.possible);
  const mine = reactionOf(message, me);
  const act: Record<Exclude<Action, 'react'>, () => void> = {
    reply: () => editing.replyTo(message),
    copy: () => {
      navigator.clipboard?.writeText(message.text).catch(error => console.error('Not copied.', error));
    },
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
            aria-label={words.fill(changeWords(words.lang).moreEmoji)}
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
            if (action !== 'delete') close();
            act[action]();
          }}
        >
          <Icon name={icon} />
          {words.t(key)}
        </button>
      ))}
      {message.id !== undefined && message.senderId !== undefined && (
        <button type="button" class="item bad" onClick={() => ask('report')}>
          <Icon name="alert" />
          {words.fill(accountWords(words.lang).reportMessage)}
        </button>
      )}
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
