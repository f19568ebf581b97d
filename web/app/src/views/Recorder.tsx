import type { Timeline } from '@jobline/sdk';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Recorded, Recording, Slide } from '../voice/index.ts';
import { voiceWords } from '../voice/words.ts';
import { useSurroundings } from './context.ts';
import { Drawing } from './Drawing.tsx';
import { Icon } from './Icon.tsx';
import { clockOf, Player } from './Player.tsx';
import { touches } from './touches.ts';
import { useRecorder } from './useRecorder.ts';

/**
 * The microphone of the composer: records, shows level and duration, pauses, plays back, and sends. Meanwhile it
 * replaces the field. On touch screens it also records for as long as a finger holds it.
 */
export function Recorder({ timeline }: { timeline: Timeline }) {
  const { words } = useSurroundings();
  const recorder = useRecorder(timeline);
  const { state, slide } = recorder;
  const root = useRef<HTMLDivElement>(null);
  const isHeld = slide !== undefined;

  // The pressed button no longer exists, so the focus moves to the next one.
  useLayoutEffect(() => {
    if ((state.is === 'recording' && !isHeld) || state.is === 'recorded')
      root.current?.querySelector<HTMLElement>('[data-first]')?.focus();
  }, [state.is, isHeld]);

  const idle = (hint?: 'discarded') => {
    const field = root.current?.closest('form')?.querySelector('textarea');
    recorder.discard(hint);
    // They exist after the next render. On touch screens focusing the field would open the keyboard.
    setTimeout(() => (touches() ? root.current?.querySelector('button') : field)?.focus());
  };
  // Wherever the focus is in the chat, and before the chat, which Escape would close. The first press only stops, so that
  // five minutes of speech do not go by one key.
  useEffect(() => {
    const pane = root.current?.closest<HTMLElement>('.chat-pane');
    if (!pane || (state.is !== 'recording' && state.is !== 'recorded')) return undefined;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      if (event.target instanceof Element && event.target.closest('dialog')) return;
      event.preventDefault();
      if (event.repeat) return;
      if (state.is === 'recording') void recorder.finish(state.recording, false);
      else idle('discarded');
    };
    pane.addEventListener('keydown', pressed, true);
    return () => pane.removeEventListener('keydown', pressed, true);
  }, [state]);
  const send = (sent: Promise<unknown>) =>
    void sent.then(
      done => done !== false && idle(),
      error => console.error('The voice message was not kept.', error),
    );

  if (state.is === 'hindered') {
    const text = state.by === 'notLoaded' ? voiceWords(words.lang).notLoaded : recorder.words?.[state.by];
    return (
      <div class="recorder note" role="alert" ref={root}>
        <span>{text}</span>
        <button type="button" class="icon-button" aria-label={words.t('dismiss')} onClick={() => idle()}>
          <Icon name="close" />
        </button>
      </div>
    );
  }
  const said = recorder.words;
  if (said && state.is === 'recording' && !isHeld) {
    const { recording } = state;
    return (
      <div class="recorder" ref={root}>
        <Act label={said.discard} act={() => idle()} />
        <Level recording={recording} />
        <span class="hidden" role="status">
          {recording.isPaused ? said.pause : said.recording}
        </span>
        <Time recording={recording} />
        <button
          type="button"
          class="icon-button"
          aria-label={recording.isPaused ? said.resume : said.pause}
          onClick={() => recorder.pause(recording)}
        >
          <Drawing name={recording.isPaused ? 'microphone' : 'pause'} />
        </button>
        <button
          type="button"
          class="icon-button"
          data-first
          aria-label={said.stop}
          onClick={() => void recorder.finish(recording, false)}
        >
          <Drawing name="stop" />
        </button>
        <Act label={said.sendVoice} sends act={() => send(recorder.finish(recording, true))} />
      </div>
    );
  }
  if (said && state.is === 'recorded') {
    const { recorded, url, isFull } = state;
    return (
      <div class="recorder" ref={root}>
        {isFull && (
          <span class="held-hint" role="alert">
            {said.full}
          </span>
        )}
        <Act label={said.discard} act={() => idle()} />
        <Preview recorded={recorded} url={url} title={words.t('you')} />
        <Act label={said.sendVoice} sends act={() => send(recorder.send(recorded))} />
      </div>
    );
  }
  // The button is the same before and while it is held, since the element under a finger must not be removed.
  return (
    <div class={isHeld ? 'microphone held' : 'microphone'} style={slide && slideStyle(slide)} ref={root}>
      {isHeld && said && (
        <>
          <span class="held-time">
            {state.is === 'recording' && (
              <>
                <Level recording={state.recording} />
                <Time recording={state.recording} />
              </>
            )}
          </span>
          <span class="held-cancel" aria-hidden="true">
            <Icon name="back" turns small /> {said.slideToCancel}
          </span>
          <span class="held-lock" title={said.slideToLock} aria-hidden="true">
            <Drawing name="lock" />
          </span>
        </>
      )}
      <span class={!isHeld && state.is === 'idle' && state.hint ? 'held-hint' : 'hidden'} role="status">
        {isHeld ? said?.holding : state.is === 'idle' && state.hint && said?.[state.hint]}
      </span>
      <button
        key="microphone"
        type="button"
        class="icon-button"
        aria-label={voiceWords(words.lang).record}
        aria-description={touches() ? said?.how : undefined}
        // A button that is being held still gets its pointer events.
        disabled={state.is === 'asking' && !isHeld}
        onPointerDown={recorder.press}
        onClick={recorder.begin}
      >
        <Drawing name="microphone" />
      </button>
    </div>
  );
}

function slideStyle({ cancel, lock }: Slide) {
  return { '--cancel': cancel.toFixed(2), '--lock': lock.toFixed(2) };
}

function Level({ recording }: { recording: Recording }) {
  return (
    <span class="level" aria-hidden="true">
      <span style={{ '--level': recording.level.toFixed(2) }} />
    </span>
  );
}

function Time({ recording }: { recording: Recording }) {
  const { words } = useSurroundings();
  return (
    <span class="voice-time" role="timer">
      {clockOf(recording.ms, words)}
    </span>
  );
}

function Preview({ recorded, url, title }: { recorded: Recorded; url: string; title: string }) {
  return <Player voice={recorded.voice} title={title} address={async () => url} broken={() => undefined} />;
}

/** Discards, or sends. */
function Act({ label, sends, act }: { label: string; sends?: boolean; act: () => void }) {
  return (
    <button
      type="button"
      class={sends ? 'icon-button send' : 'icon-button'}
      data-first={sends}
      aria-label={label}
      onClick={act}
    >
      <Icon name={sends ? 'send' : 'bin'} />
    </button>
  );
}
