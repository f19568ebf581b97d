import type { Timeline } from '@jobline/sdk';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { LONGEST_MS, type Obstacle, type Recorded, Recording } from '../voice/recording.ts';
import { voiceWords } from '../voice/words.ts';
import { useSurroundings } from './context.ts';
import { Drawing } from './Drawing.tsx';
import { useEditing } from './Editing.ts';
import { useLatest } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { clockOf, Player } from './Player.tsx';

/** A recording ends a little before the limit, which counts what the recorder adds. */
const END_MS = LONGEST_MS - 500;

type State =
  | { readonly is: 'idle' | 'asking' }
  | { readonly is: 'hindered'; readonly by: Obstacle }
  | { readonly is: 'recording'; readonly recording: Recording }
  | { readonly is: 'recorded'; readonly recorded: Recorded; readonly url: string };

/**
 * The microphone of the composer: records, shows how loud and how long, pauses, lets one listen, and sends. It takes the
 * place of the field meanwhile.
 */
export function Recorder({ timeline }: { timeline: Timeline }) {
  const { words, pictures } = useSurroundings();
  const said = voiceWords(words.lang);
  const editing = useEditing();
  const [state, setState] = useState<State>({ is: 'idle' });
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const latest = useLatest(state);
  const gone = useRef(false);
  const root = useRef<HTMLDivElement>(null);

  useEffect(
    () => () => {
      gone.current = true;
      release(latest.current);
    },
    [],
  );
  // What was pressed is not there any more: the focus goes to what comes next.
  useLayoutEffect(() => {
    if (state.is === 'recording' || state.is === 'recorded')
      root.current?.querySelector<HTMLElement>('[data-first]')?.focus();
  }, [state.is]);

  const begin = async () => {
    setState({ is: 'asking' });
    const begun = await Recording.begin(recording => {
      redraw(undefined);
      if (recording.ms >= END_MS) void finish(recording, false);
    });
    if (gone.current) return typeof begun === 'string' ? undefined : begun.discard();
    setState(
      typeof begun === 'string' ? { is: 'hindered', by: begun } : { is: 'recording', recording: begun },
    );
    return undefined;
  };
  const idle = () => {
    const field = root.current?.closest('form')?.querySelector('textarea');
    release(latest.current);
    setState({ is: 'idle' });
    // The field is there once this is drawn.
    setTimeout(() => field?.focus());
  };
  const send = async (recorded: Recorded) => {
    const { blob, voice } = recorded;
    const replyTo = editing.reply?.key;
    const name = blob.type === 'audio/mp4' ? 'voice.m4a' : 'voice.webm';
    const clientId = await timeline.sendFile(blob, {
      name,
      contentType: blob.type,
      voice,
      ...(replyTo && { replyTo }),
    });
    pictures.hold(clientId, blob);
    if (editing.reply) editing.end();
    idle();
  };
  const finish = async (recording: Recording, sends: boolean) => {
    const recorded = await recording.stop();
    if (gone.current) return;
    if (!recorded) return setState({ is: 'idle' });
    if (sends) {
      try {
        return await send(recorded);
      } catch (error) {
        // It stays here, to be sent again.
        console.error('The voice message was not kept.', error);
      }
    }
    setState({ is: 'recorded', recorded, url: URL.createObjectURL(recorded.blob) });
  };

  if (state.is === 'hindered') {
    return (
      <div class="recorder note" role="alert" ref={root}>
        <span>{said[state.by]}</span>
        <button type="button" class="icon-button" aria-label={words.t('dismiss')} onClick={idle}>
          <Icon name="close" />
        </button>
      </div>
    );
  }
  if (state.is === 'recording') {
    const { recording } = state;
    return (
      <div class="recorder" ref={root}>
        <Discard label={said.discard} act={idle} />
        <span class="level" aria-hidden="true">
          <span style={{ '--level': recording.level.toFixed(2) }} />
        </span>
        <span class="hidden" role="status">
          {recording.isPaused ? said.pause : said.recording}
        </span>
        <span class="voice-time" role="timer">
          {clockOf(recording.ms, words)}
        </span>
        <button
          type="button"
          class="icon-button"
          aria-label={recording.isPaused ? said.resume : said.pause}
          onClick={() => {
            if (recording.isPaused) recording.resume();
            else recording.pause();
            redraw(undefined);
          }}
        >
          <Drawing name={recording.isPaused ? 'microphone' : 'pause'} />
        </button>
        <button
          type="button"
          class="icon-button"
          data-first
          aria-label={said.stop}
          onClick={() => void finish(recording, false)}
        >
          <Drawing name="stop" />
        </button>
        <Send label={said.sendVoice} act={() => void finish(recording, true)} />
      </div>
    );
  }
  if (state.is === 'recorded') {
    const { recorded, url } = state;
    return (
      <div class="recorder" ref={root}>
        <Discard label={said.discard} act={idle} />
        <Player
          voice={recorded.voice}
          title={words.t('you')}
          address={async () => url}
          broken={() => undefined}
        />
        <Send
          label={said.sendVoice}
          act={() =>
            void send(recorded).catch(error => console.error('The voice message was not kept.', error))
          }
        />
      </div>
    );
  }
  return (
    <div class="microphone" ref={root}>
      <button
        type="button"
        class="icon-button"
        aria-label={said.record}
        disabled={state.is === 'asking'}
        onClick={() => void begin()}
      >
        <Drawing name="microphone" />
      </button>
    </div>
  );
}

interface ActProps {
  readonly label: string;
  readonly act: () => void;
}

const Discard = ({ label, act }: ActProps) => (
  <button type="button" class="icon-button" aria-label={label} onClick={act}>
    <Icon name="bin" />
  </button>
);

const Send = ({ label, act }: ActProps) => (
  <button type="button" class="icon-button send" data-first aria-label={label} onClick={act}>
    <Icon name="send" />
  </button>
);

function release(state: State): void {
  if (state.is === 'recording') state.recording.discard();
  if (state.is === 'recorded') URL.revokeObjectURL(state.url);
}
