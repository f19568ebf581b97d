import type { MessageState } from '@jobline/sdk';
import type { Key } from '../i18n/translator.ts';
import { sendsAt } from '../models/rateLimit.ts';
import { useSurroundings } from './context.ts';
import { useNow } from './hooks.ts';
import { Icon } from './Icon.tsx';

type Name = MessageState['is'];

const WORDS: Partial<Record<Name, Key>> = {
  queued: 'statusQueued',
  sending: 'statusSending',
  sent: 'statusSent',
  delivered: 'statusDelivered',
  read: 'statusRead',
  failed: 'statusFailed',
};

function drawing(is: Name): 'check' | 'checks' | 'alert' | 'clock' {
  if (is === 'sent') return 'check';
  if (is === 'delivered' || is === 'read') return 'checks';
  return is === 'failed' ? 'alert' : 'clock';
}

/** The state of an own message: an icon and words. */
export function Status({ state, ahead }: { state: MessageState; ahead: number }) {
  const { words } = useSurroundings();
  if (state.is === 'waiting') return <Waiting until={state.until} ahead={ahead} />;
  const key = WORDS[state.is];
  const percent = state.is === 'uploading' ? state.sentBytes / Math.max(1, state.totalBytes) : 0;
  return (
    <span class={`status ${state.is}`}>
      <Icon name={drawing(state.is)} small />
      {key ? words.t(key) : words.t('statusUploading', { percent: words.percent(percent) })}
    </span>
  );
}

/** The seconds until the rate limit lets a message through, with `ahead` others before it. */
function Waiting({ until, ahead }: { until: number; ahead: number }) {
  const { words } = useSurroundings();
  const now = useNow(500);
  const seconds = Math.max(1, Math.ceil((sendsAt(until, ahead, now) - now) / 1000));
  return (
    <span class="status waiting">
      <Icon name="clock" small />
      {words.t('statusLimited', { count: seconds })}
    </span>
  );
}

/** The same with only the icon; the words are for screen readers. */
export function StatusIcon({ state }: { state: MessageState }) {
  const { words } = useSurroundings();
  const key = WORDS[state.is] ?? 'statusQueued';
  return (
    <span class={`status ${state.is}`}>
      <Icon name={drawing(state.is)} small />
      <span class="hidden">{words.t(key)}</span>
    </span>
  );
}
