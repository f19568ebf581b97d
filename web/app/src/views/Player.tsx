import type { MessageFile, Timeline, TimelineMessage } from '@jobline/sdk';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Translator } from '../i18n/translator.ts';
import { voiceWords } from '../voice/words.ts';
import { useSurroundings } from './context.ts';
import { Drawing } from './Drawing.tsx';
import { FileCard } from './FileCard.tsx';
import { useLatest } from './hooks.ts';

/** The speeds of playback. */
const SPEEDS = [1, 1.5, 2];
let speed = 1;
/** The message that is playing: one at a time. */
let playing: HTMLAudioElement | undefined;

/** Minutes and seconds. */
export function clockOf(ms: number, words: Translator): string {
  const seconds = Math.floor(ms / 1000);
  const two = `${words.label(Math.floor((seconds % 60) / 10))}${words.label(seconds % 10)}`;
  return `${words.label(Math.floor(seconds / 60))}:${two}`;
}

interface PlayerProps {
  readonly voice: Pick<MessageFile, 'durationMs' | 'waveform'>;
  /** The name of the speaker. */
  readonly title: string;
  /** Returns the address of the audio. Called when it is to be played. */
  readonly address: () => Promise<string | undefined>;
  /** The browser cannot play it. */
  readonly broken: () => void;
}

/** Plays a voice message: a button, its waveform, which is a slider, its time, and its speed. */
export function Player({ voice, title, address, broken }: PlayerProps) {
  const { words } = useSurroundings();
  const said = voiceWords(words.lang);
  const root = useRef<HTMLDivElement>(null);
  const audio = useRef<HTMLAudioElement | undefined>(undefined);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const latest = useLatest({ address, broken });
  const total = (voice.durationMs ?? 0) / 1000;
  const at = Math.min(total, audio.current?.currentTime ?? 0);
  const isPlaying = audio.current !== undefined && !audio.current.paused;

  useEffect(
    () => () => {
      audio.current?.pause();
      if (playing === audio.current) playing = undefined;
    },
    [],
  );

  /** The audio, which is requested when it is first needed. */
  const sound = () => {
    if (audio.current) return audio.current;
    const made = new Audio();
    made.preload = 'none';
    for (const event of ['timeupdate', 'play', 'pause', 'seeked'])
      made.addEventListener(event, () => redraw(undefined));
    made.addEventListener('ended', () => {
      made.currentTime = 0;
      if (root.current) playNext(root.current);
    });
    audio.current = made;
    return made;
  };
  const load = async (made: HTMLAudioElement) => {
    // An address that has expired is requested again.
    const url = await latest.current.address();
    if (url === undefined) throw new Error('The recording has no address.');
    if (made.src !== url) made.src = url;
  };
  const play = async () => {
    const made = sound();
    if (!made.paused) return made.pause();
    const from = made.currentTime;
    try {
      await load(made);
      if (from > 0) made.currentTime = from;
      if (playing !== made) playing?.pause();
      playing = made;
      made.playbackRate = speed;
      await made.play();
      if (navigator.mediaSession) navigator.mediaSession.metadata = new MediaMetadata({ title });
    } catch (error) {
      // Another message was started, or this one paused, before it was loaded.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      latest.current.broken();
    }
    return undefined;
  };
  const seek = async (to: number) => {
    const made = sound();
    if (!made.src) await load(made).catch(() => undefined);
    made.currentTime = to;
    redraw(undefined);
  };
  const faster = () => {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
    if (playing) playing.playbackRate = speed;
    redraw(undefined);
  };

  return (
    <div class="voice" ref={root}>
      <button
        type="button"
        class="icon-button play"
        aria-label={isPlaying ? said.pausePlaying : said.play}
        onClick={() => void play()}
      >
        <Drawing name={isPlaying ? 'pause' : 'play'} />
      </button>
      <div class="seek" dir="ltr" style={{ '--done': `${total > 0 ? (100 * at) / total : 0}%` }}>
        <Waveform waveform={voice.waveform ?? ''} />
        <input
          type="range"
          min={0}
          max={total}
          step={0.1}
          value={at}
          aria-label={said.position}
          aria-valuetext={`${clockOf(at * 1000, words)} / ${clockOf(total * 1000, words)}`}
          onInput={event => void seek(Number(event.currentTarget.value))}
        />
      </div>
      <span class="voice-time">{clockOf(1000 * (isPlaying || at > 0 ? at : total), words)}</span>
      <button
        type="button"
        class="speed"
        aria-label={`${said.speed}: ${words.number(speed)}×`}
        onClick={faster}
      >
        {words.number(speed)}×
      </button>
    </div>
  );
}

function Waveform({ waveform }: { waveform: string }) {
  // Each step is a digit to the base of 32.
  const path = [...waveform]
    .map(step => (Number.parseInt(step, 32) || 0) / 31)
    .map((height, step) => `M${step + 0.5} ${16 - Math.max(1, 15 * height)}V${16 + Math.max(1, 15 * height)}`)
    .join('');
  return (
    <>
      {['rest', 'done'].map(part => (
        <svg key={part} class={part} viewBox="0 0 64 32" preserveAspectRatio="none" aria-hidden="true">
          <path d={path} />
        </svg>
      ))}
    </>
  );
}

/** Continues with the message below, if that is a voice message, too. */
function playNext(player: Element): void {
  const messages = [...(player.closest('.log')?.querySelectorAll('article') ?? [])];
  const next = messages[messages.findIndex(one => one.contains(player)) + 1];
  next?.querySelector<HTMLButtonElement>('.voice .play')?.click();
}

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly file: MessageFile;
  /** The name of its sender. */
  readonly author: string;
}

/** A voice message in a bubble. If the browser cannot play it, its file is offered. */
export function VoiceCard({ timeline, message, file, author }: Props) {
  const { words, pictures } = useSurroundings();
  const latest = useLatest(message);
  const [isBroken, setBroken] = useState(false);
  if (isBroken || file.expired) {
    return (
      <>
        <FileCard timeline={timeline} message={message} file={file} />
        {isBroken && <p class="voice-note">{voiceWords(words.lang).cannotPlay}</p>}
      </>
    );
  }
  const address = async () => {
    const known = pictures.url(latest.current);
    if (known !== undefined) return known;
    if (!(await pictures.fetchOwn(timeline, latest.current))) await timeline.refreshFile(latest.current.key);
    return pictures.url(latest.current);
  };
  return <Player voice={file} title={author} address={address} broken={() => setBroken(true)} />;
}
