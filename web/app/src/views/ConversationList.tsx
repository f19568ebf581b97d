import { useRef, useState } from 'preact/hooks';
import { filtered } from '../models/filter.ts';
import { ConnectionLine } from './ConnectionLine.tsx';
import { ConversationRows } from './ConversationRows.tsx';
import { useSurroundings } from './context.ts';
import { useNow, useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { Settings } from './Settings.tsx';

/** All conversations, the most recent first, with a filter by name and job. */
export function ConversationList({ openId }: { openId: string | undefined }) {
  const { client, words, menu } = useSurroundings();
  const { status, items } = useValue(client.conversations);
  const { problem } = useValue(client.connection);
  const [query, setQuery] = useState('');
  const now = useNow(30_000);
  const found = filtered(items, query);
  const pane = useRef<HTMLElement>(null);
  const into = () => pane.current?.querySelector<HTMLElement>('.conversation[tabindex="0"]')?.focus();
  return (
    <section class="pane list-pane" part="list" ref={pane} aria-label={words.t('conversations')}>
      <header class="list-head">
        <h1>{words.t('messages')}</h1>
        {menu && <Settings />}
      </header>
      {items.length > 0 && <Filter query={query} change={setQuery} into={into} />}
      <ConnectionLine />
      {status === 'loading' && items.length === 0 && !problem ? (
        <Loading />
      ) : found.length === 0 ? (
        <Nothing filtering={items.length > 0} />
      ) : (
        <ConversationRows items={found} openId={openId} now={Math.floor(now / 30_000)} />
      )}
    </section>
  );
}

interface FilterProps {
  readonly query: string;
  readonly change: (query: string) => void;
  /** Moves the focus into the list. */
  readonly into: () => void;
}

function Filter({ query, change, into }: FilterProps) {
  const { words } = useSurroundings();
  return (
    <search class="filter">
      <Icon name="search" />
      <input
        type="search"
        value={query}
        // An empty field with `auto` would be left-to-right, and so would its placeholder.
        dir={query ? 'auto' : words.dir}
        placeholder={words.t('filter')}
        aria-label={words.t('filter')}
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        onInput={event => change(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape' && query) {
            event.stopPropagation();
            change('');
          }
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            into();
          }
        }}
      />
    </search>
  );
}

function Loading() {
  const { words } = useSurroundings();
  return (
    <div class="conversations" role="status" aria-label={words.t('loading')}>
      {[1, 2, 3, 4].map(number => (
        <div class="skeleton" key={number}>
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}

function Nothing({ filtering }: { filtering: boolean }) {
  const { client, words } = useSurroundings();
  const { problem } = useValue(client.connection);
  const failed = !filtering && problem !== undefined;
  const title = filtering ? 'noMatch' : failed ? 'cannotLoad' : 'noConversations';
  return (
    <div class="blank" role="status">
      <Icon name={filtering ? 'search' : failed ? 'alert' : 'chat'} />
      <strong>{words.t(title)}</strong>
      {!filtering && !failed && <p>{words.t('noConversationsHint')}</p>}
    </div>
  );
}
