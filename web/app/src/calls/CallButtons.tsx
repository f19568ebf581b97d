import { useEffect, useState } from 'preact/hooks';
import { type CallProps, useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { Drawing } from './Drawing.tsx';
import { engineOf } from './engine.ts';
import { callWords } from './words.ts';

/** Calls those in a conversation. Where calls are not offered, or without a live connection, nothing is there. */
export function CallButtons({ id, again, label }: CallProps & { readonly id: string }) {
  const around = useSurroundings();
  const { calls, offered } = engineOf(around);
  const { call } = useValue(calls.state);
  const { live } = useValue(around.client.connection);
  const [possible, setPossible] = useState(false);
  useEffect(() => {
    let isShown = true;
    void offered.then(answer => isShown && setPossible(answer));
    return () => {
      isShown = false;
    };
  }, [offered]);
  if (!possible || !live) return null;
  const words = callWords(around.words.lang);
  const busy = call !== undefined && call.phase !== 'over';
  if (again) {
    return (
      <button
        type="button"
        class="button outlined"
        disabled={busy}
        onClick={() => void calls.start(id, again)}
      >
        {label}
      </button>
    );
  }
  return (
    <span class="call-buttons">
      {(['audio', 'video'] as const).map(media => (
        <button
          key={media}
          type="button"
          class="icon-button"
          aria-label={words(media)}
          disabled={busy}
          onClick={() => void calls.start(id, media)}
        >
          <Drawing name={media === 'audio' ? 'phone' : 'camera'} />
        </button>
      ))}
    </span>
  );
}
