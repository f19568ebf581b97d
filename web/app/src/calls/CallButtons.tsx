import type { Call, ConversationsState, Observable } from '@jobline/sdk';
import type { CallsState } from '@jobline/sdk/calls';
import { useEffect, useState } from 'preact/hooks';
import { type CallProps, useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { BUTTON_PATHS } from './buttonPaths.ts';
import { buttonWords } from './buttonWords.ts';
import { engineOf } from './engine.ts';
import { lineWords } from './lineWords.ts';

/** Before anything is loaded there is no call. */
const NO_CALL: CallsState = {};
const NOTHING: Observable<CallsState> = { get: () => NO_CALL, subscribe: () => () => undefined };
/** The most participants of a call. */
const MOST = 4;

/** Whether the newest call of a conversation is full. */
export function isFull({ items }: Pick<ConversationsState, 'items'>, id: string, me = ''): boolean {
  const call = items.find(one => one.id === id)?.call;
  return call?.state === 'accepted' && Object.keys(call.devices).length >= MOST && !call.devices[me];
}

/** The buttons that call the others in a conversation. Absent if calls are not offered, or without a live connection. */
export function CallButtons({ id, again, label }: CallProps & { readonly id: string }) {
  const around = useSurroundings();
  const { words } = around;
  const engine = engineOf(around);
  const { offered } = engine;
  const { call } = useValue(useValue(engine)?.calls.state ?? NOTHING);
  const { live } = useValue(around.client.connection);
  const [possible, setPossible] = useState(false);
  const [loading, setLoading] = useState<boolean | 'failed' | 'full'>(false);
  useEffect(() => {
    let isShown = true;
    void offered.then(answer => isShown && setPossible(answer));
    return () => {
      isShown = false;
    };
  }, [offered]);
  const said = buttonWords(words.lang);
  const failed = (loading === 'failed' || loading === 'full') && (
    <section class="call-card">
      <p role="alert">{loading === 'full' ? said.fourAlready : said.notLoaded}</p>
      <button type="button" class="button" onClick={() => setLoading(false)}>
        {words.t('dismiss')}
      </button>
    </section>
  );
  // While offline there are no buttons, but the reason why the last call failed is still shown.
  if (!possible || !live) return failed || null;
  const start = async (media: Call['media']) => {
    const { client } = around;
    // Shown without asking for the microphone first.
    if (isFull(client.conversations.get(), id, client.user.get())) return setLoading('full');
    setLoading(true);
    try {
      const { calls } = await engine.load();
      setLoading(false);
      await calls.start(id, media);
    } catch (error) {
      console.error('A part of the app could not be loaded.', error);
      setLoading('failed');
    }
  };
  const busy = loading === true || (call !== undefined && call.phase !== 'over');
  if (again) {
    return (
      <>
        <button type="button" class="button outlined" disabled={busy} onClick={() => void start(again)}>
          {label}
        </button>
        {failed}
      </>
    );
  }
  return (
    <span class="call-buttons">
      {(['audio', 'video'] as const).map(media => (
        <button
          key={media}
          type="button"
          class="icon-button"
          aria-label={lineWords(words.lang)[media]}
          disabled={busy}
          onClick={() => void start(media)}
        >
          <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d={BUTTON_PATHS[media === 'audio' ? 'phone' : 'camera']} />
          </svg>
        </button>
      ))}
      {failed}
    </span>
  );
}
