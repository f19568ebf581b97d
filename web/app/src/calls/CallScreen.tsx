import type { Calls, CurrentCall } from '@jobline/sdk/calls';
import { useEffect } from 'preact/hooks';
import { personName } from '../models/plainText.ts';
import { Avatar } from '../views/Avatar.tsx';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { Icon } from '../views/Icon.tsx';
import { Drawing } from './Drawing.tsx';
import type { RunningProps } from './props.ts';
import { Running } from './Running.tsx';
import { reason } from './reason.ts';
import { ring } from './ring.ts';
import { callWords } from './words.ts';

/** How long the result of a call is shown, in milliseconds. An error stays. */
const SHOWN_MS = 4000;

/** The call of this tab, above everything else: ringing, running, or its result. */
export function CallScreen({ calls }: { calls: Calls }) {
  const around = useSurroundings();
  const { call } = useValue(calls.state);
  const { items } = useValue(around.client.conversations);
  const { id, phase } = call ?? {};
  useEffect(
    () => (id && (phase === 'ringing' || phase === 'calling') ? ring(id, phase === 'ringing') : undefined),
    [id, phase],
  );
  if (!call) return null;
  const item = items.find(one => one.id === call.conversationId);
  const person = item?.person ?? { id: call.conversationId, name: '' };
  const nameOf = (userId: string) => {
    const found = item?.people?.find(one => one.id === userId) ?? person;
    return personName(found.name, found.id) || around.words.t('somebody');
  };
  const props = { calls, call, person, crew: item?.people !== undefined, nameOf };
  if (phase === 'ringing') return <Incoming {...props} />;
  if (phase === 'over') return <Over calls={calls} call={call} />;
  return <Running {...props} />;
}

function Incoming({ calls, call, person, crew, nameOf }: RunningProps) {
  const words = callWords(useSurroundings().words);
  const name = nameOf(call.startedBy ?? person.id);
  const text = words(call.media === 'video' ? 'incomingVideo' : 'incomingAudio', name);
  return (
    <section class="call-card" role="alertdialog" aria-label={text}>
      <Avatar person={person} crew={crew} small />
      {/* Read out without taking the focus from what is being written. */}
      <p role="alert">{text}</p>
      <div class="call-choices">
        <button
          type="button"
          class="call-round bad"
          aria-label={words('decline')}
          onClick={() => calls.end()}
        >
          <Drawing name="end" />
        </button>
        <button
          type="button"
          class="call-round good"
          aria-label={words('accept')}
          onClick={() => void calls.accept(false)}
        >
          <Drawing name="phone" />
        </button>
        {call.media === 'video' && (
          <button
            type="button"
            class="call-round good"
            aria-label={words('acceptVideo')}
            onClick={() => void calls.accept(true)}
          >
            <Drawing name="camera" />
          </button>
        )}
      </div>
    </section>
  );
}

function Over({ calls, call }: { calls: Calls; call: CurrentCall }) {
  const around = useSurroundings();
  const words = callWords(around.words);
  const { outcome } = call;
  useEffect(() => {
    if (outcome === 'failed' || outcome === 'lost') return undefined;
    const timer = setTimeout(() => calls.dismiss(), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <section class="call-card">
      <p role={outcome === 'failed' ? 'alert' : 'status'}>{reason(call, around.words)}</p>
      <button type="button" class="icon-button" aria-label={words('close')} onClick={() => calls.dismiss()}>
        <Icon name="close" />
      </button>
    </section>
  );
}
