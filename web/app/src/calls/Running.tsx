import type { Calls, Participant } from '@jobline/sdk/calls';
import { useEffect, useRef, useState } from 'preact/hooks';
import { askBeforeLeaving } from '../platform/leaving.ts';
import { takeMicrophone } from '../platform/microphone.ts';
import { Avatar } from '../views/Avatar.tsx';
import { useSurroundings } from '../views/context.ts';
import { useNow } from '../views/hooks.ts';
import { length } from './CallLine.tsx';
import { Controls } from './Controls.tsx';
import type { RunningProps } from './props.ts';
import { callWords } from './words.ts';

/** A call that this device is in, or is joining. */
export function Running({ calls, call, person, crew, nameOf }: RunningProps) {
  const around = useSurroundings();
  const words = callWords(around.words);
  const root = useRef<HTMLElement>(null);
  const [isSmall, setSmall] = useState(false);
  const { phase, others, own, since } = call;
  useNow(1000);
  useWakeLock();
  useEffect(takeMicrophone, []);
  useEffect(() => askBeforeLeaving(words('leaving')), [around.words.lang]);
  // The focus was on the button that called or accepted, and moves to the call.
  useEffect(() => root.current?.focus({ preventScroll: true }), []);
  const name = nameOf(person.id);
  const text =
    phase === 'connected'
      ? length((Date.now() - (since ?? Date.now())) / 1000)
      : words(phase === 'over' || phase === 'ringing' ? 'ended' : phase);
  return (
    <section
      class="call"
      ref={root}
      tabIndex={-1}
      aria-label={`${words(call.media)}: ${name}`}
      data-small={String(isSmall)}
      data-phase={phase}
    >
      <header>
        <strong>
          <bdi>{name}</bdi>
        </strong>
        {phase === 'connected' ? <span role="timer">{text}</span> : <span role="status">{text}</span>}
        {others.some(({ weak }) => weak) && <span role="status">{words('weak')}</span>}
        {own.screen && <span role="status">{words('sharing')}</span>}
      </header>
      <div class="call-stage">
        {others.length === 0 && <Avatar person={person} crew={crew} />}
        {others.map(other => (
          <Other
            key={other.userId}
            other={other}
            calls={calls}
            name={nameOf(other.userId)}
            person={person}
            crew={crew}
          />
        ))}
        {own.camera && (
          <Picture
            class="call-own"
            label={words('yourPicture')}
            source={() => calls.stream(undefined, 'camera')}
            of={calls.stream(undefined, 'camera')?.getVideoTracks()[0]?.id}
          />
        )}
      </div>
      <Controls calls={calls} call={call} root={root} isSmall={isSmall} setSmall={setSmall} />
    </section>
  );
}

interface OtherProps extends Pick<RunningProps, 'person' | 'crew'> {
  readonly other: Participant;
  readonly calls: Calls;
  readonly name: string;
}

/** Another participant: their screen, their video, or their avatar; and always their audio. */
function Other({ other, calls, name, person, crew }: OtherProps) {
  const words = callWords(useSurroundings().words);
  const { userId, shown, connected } = other;
  return (
    <figure class="call-other" data-connected={String(connected)}>
      {shown.screen && (
        <Picture
          class="call-screen"
          label={words('screenOf', name)}
          source={() => calls.stream(userId, 'screen')}
          of={connected}
        />
      )}
      {shown.camera ? (
        <Picture
          class="call-picture"
          label={name}
          source={() => calls.stream(userId, 'camera')}
          of={connected}
        />
      ) : (
        !shown.screen && <Avatar person={person} crew={crew} />
      )}
      <Sound source={() => calls.stream(userId, 'camera')} of={connected} />
      {(crew || !shown.microphone) && (
        <figcaption>
          {shown.microphone ? <bdi>{name}</bdi> : <span role="status">{words('muted', name)}</span>}
        </figcaption>
      )}
    </figure>
  );
}

interface Source {
  readonly source: () => MediaStream | undefined;
  /** If this value changes, the stream may be a new one. */
  readonly of: unknown;
}

function Picture({ source, of, label, class: name }: Source & { label: string; class: string }) {
  const video = useRef<HTMLVideoElement>(null);
  usePlayed(video, source, of);
  return <video ref={video} class={name} aria-label={label} autoPlay playsInline muted />;
}

/** Separate from the video, which comes and goes. */
function Sound({ source, of }: Source) {
  const audio = useRef<HTMLAudioElement>(null);
  usePlayed(audio, source, of);
  // biome-ignore lint/a11y/useMediaCaption: two people talk.
  return <audio ref={audio} autoPlay />;
}

function usePlayed(
  element: { current: HTMLMediaElement | null },
  source: Source['source'],
  of: unknown,
): void {
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const stream = source() ?? null;
    if (current.srcObject === stream) return;
    current.srcObject = stream;
    // It plays without another click: the reader has clicked to join the call.
    current.play().catch(() => undefined);
  }, [of]);
}

/** Keeps the screen on. */
function useWakeLock(): void {
  useEffect(() => {
    let lock: { release(): Promise<void> } | undefined;
    let isOver = false;
    const take = async () => {
      if (document.visibilityState !== 'visible') return;
      const taken = await navigator.wakeLock?.request('screen').catch(() => undefined);
      if (isOver) await taken?.release();
      else lock = taken;
    };
    void take();
    // A hidden page loses the wake lock.
    document.addEventListener('visibilitychange', take);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', take);
      lock?.release().catch(() => undefined);
    };
  }, []);
}
