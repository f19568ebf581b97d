import type { Timeline } from '@jobline/sdk';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type * as Part from '../voice/index.ts';
import type { HoldEnd, Obstacle, Recorded, Recording, Slide } from '../voice/index.ts';
import type { RecorderWords } from '../voice/recorderWords.ts';
import { useSurroundings } from './context.ts';
import { useEditing } from './Editing.ts';
import { useLatest } from './hooks.ts';

/** A shorter recording is no message, in milliseconds. */
const SHORTEST_MS = 600;
/** How long a hint is shown. */
const HINT_MS = 4000;
/** A click within this time after a touch belongs to the touch, in milliseconds. */
const CLICK_MS = 600;

export type RecorderState =
  | { readonly is: 'idle'; readonly hint?: keyof RecorderWords }
  | { readonly is: 'asking' }
  | { readonly is: 'hindered'; readonly by: Obstacle | 'notLoaded' }
  | { readonly is: 'recording'; readonly recording: Recording }
  | {
      readonly is: 'recorded';
      readonly recorded: Recorded;
      readonly url: string;
      /** It ended because it was as long as one can be. */
      readonly isFull: boolean;
    };

/** A finger on the microphone. */
interface Hold {
  slide: Slide;
  /** How it ended; absent while the finger is down. */
  how?: HoldEnd;
  /** The recording, once it has begun. */
  recording?: Recording;
}

type Loaded = typeof Part;
let part: Loaded | undefined;

async function load(): Promise<Loaded> {
  part ??= await import('../voice/index.ts');
  return part;
}

/** Recordings that the reader left by opening another chat: they are restored on return. */
const left = new WeakMap<Timeline, Promise<Recorded | undefined>>();

/** Recording in the composer of `timeline`: its state, and the reader's actions. */
export function useRecorder(timeline: Timeline) {
  const { pictures, words: around } = useSurroundings();
  const editing = useEditing();
  const [state, setState] = useState<RecorderState>({ is: 'idle' });
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const latest = useLatest(state);
  const hold = useRef<Hold | undefined>(undefined);
  /** Until when a click counts as part of a touch, by `performance.now`. */
  const deaf = useRef(0);
  const gone = useRef(false);
  /** The recording that is being ended, so that it is ended once, and not stored as well as sent. */
  const ending = useRef<Recording | undefined>(undefined);
  const discarded = useRef<Recording | undefined>(undefined);
  const words = part?.recorderWords(around.lang);

  const show = (recorded: Recorded | undefined, isFull = false) => {
    if (!recorded) return setState({ is: 'idle' });
    if (gone.current) return void left.set(timeline, Promise.resolve(recorded));
    return setState({ is: 'recorded', recorded, url: URL.createObjectURL(recorded.blob), isFull });
  };
  useEffect(() => {
    const before = left.get(timeline);
    left.delete(timeline);
    before?.then(recorded => show(recorded));
    // Loaded early, so that recording starts at once and works offline. After a failure it is tried again when needed.
    load().then(redraw, () => undefined);
    return () => {
      gone.current = true;
      const { current } = latest;
      if (current.is === 'recording' && ending.current !== current.recording)
        left.set(timeline, current.recording.stop());
      if (current.is !== 'recorded') return;
      URL.revokeObjectURL(current.url);
      left.set(timeline, Promise.resolve(current.recorded));
    };
  }, []);
  const isUnsent = state.is === 'recording' || state.is === 'recorded';
  useEffect(() => (isUnsent ? part?.askBeforeLeaving(words?.leaving ?? '') : undefined), [isUnsent]);
  // Speech in a call must not become part of a voice message.
  useEffect(() => {
    if (state.is !== 'recording') return undefined;
    return part?.onMicrophoneTaken(() => void finish(state.recording, false));
  }, [state]);
  useEffect(() => {
    if (state.is !== 'idle' || !state.hint) return undefined;
    const timer = setTimeout(() => setState({ is: 'idle' }), HINT_MS);
    return () => clearTimeout(timer);
  }, [state]);

  const discard = (hint?: keyof RecorderWords) => {
    const { current } = latest;
    if (current.is === 'recording') {
      discarded.current = current.recording;
      current.recording.discard();
    }
    if (current.is === 'recorded') URL.revokeObjectURL(current.url);
    hold.current = undefined;
    setState({ is: 'idle', ...(hint && { hint }) });
  };
  const send = async ({ blob, voice }: Recorded) => {
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
  };
  /** Ends the recording, for playback or to send it. Returns whether it was sent. */
  const finish = async (recording: Recording, sends: boolean, isFull = false): Promise<boolean> => {
    if (ending.current === recording) return false;
    ending.current = recording;
    hold.current = undefined;
    const recorded = await recording.stop();
    if (sends && recorded) {
      try {
        await send(recorded);
        return true;
      } catch (error) {
        // The recording stays here and can be sent again.
        console.error('The voice message was not kept.', error);
      }
    }
    if (discarded.current !== recording) show(recorded, isFull);
    return false;
  };

  const begin = async (held?: Hold) => {
    setState({ is: 'asking' });
    const loaded = await load().catch(() => undefined);
    if (!loaded) return setState({ is: 'hindered', by: 'notLoaded' });
    const { begun, asked } = await loaded.begin({
      changed: redraw,
      ended: recording => void finish(recording, false, loaded.isFull(recording)),
    });
    if (typeof begun === 'string') {
      hold.current = undefined;
      return setState({ is: 'hindered', by: begun });
    }
    const how = held?.how;
    // The finger was lifted before recording began, perhaps for the browser's question about the microphone.
    const isLate = held && how !== 'tapped' && (asked || (how !== undefined && how !== 'locked'));
    if (gone.current || isLate) {
      begun.discard();
      hold.current = undefined;
      if (!gone.current)
        setState({ is: 'idle', ...(how !== 'cancelled' && { hint: asked ? 'holdAgain' : 'holdLonger' }) });
      return undefined;
    }
    if (held) held.recording = begun;
    if (held && !how) loaded.buzz();
    return setState({ is: 'recording', recording: begun });
  };
  const holdEnded = (held: Hold, how: HoldEnd) => {
    held.how = how;
    deaf.current = performance.now() + CLICK_MS;
    // The recording has ended by itself while it was held.
    if (hold.current !== held) return;
    hold.current = undefined;
    const { recording } = held;
    redraw(undefined);
    if (how === 'locked' || how === 'cancelled') part?.buzz();
    if (!recording || how === 'tapped' || how === 'locked') return;
    if (how === 'cancelled') discard('discarded');
    else if (recording.ms < SHORTEST_MS) discard('holdLonger');
    else if (how === 'interrupted') void finish(recording, false);
    else {
      // No more actions are possible.
      setState({ is: 'asking' });
      void finish(recording, true).then(sent => sent && setState({ is: 'idle' }));
    }
  };

  return {
    state,
    words,
    /** The slide of the finger that holds the microphone; absent if none does. */
    slide: hold.current?.slide,
    begin: () => {
      if (latest.current.is === 'idle' && performance.now() > deaf.current) void begin();
    },
    /** A finger or a pen went down on the microphone. A mouse clicks instead. */
    press: (event: PointerEvent & { currentTarget: HTMLElement }) => {
      if (!part || latest.current.is !== 'idle' || event.pointerType === 'mouse' || !event.isPrimary) return;
      const held: Hold = { slide: { cancel: 0, lock: 0 } };
      hold.current = held;
      part.followHold(event, event.currentTarget, {
        slid: slide => {
          held.slide = slide;
          redraw(undefined);
        },
        ended: how => holdEnded(held, how),
      });
      void begin(held);
    },
    pause: (recording: Recording) => {
      if (recording.isPaused) recording.resume();
      else recording.pause();
      redraw(undefined);
    },
    finish,
    send,
    discard,
  };
}
