import type { Call, Timeline, TimelineMessage } from '@jobline/sdk';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { type LineWords, lineWords } from './lineWords.ts';

/** The result of a call, for the caller and for the others. */
export function stateOf({ state }: Pick<Call, 'state'>, mine: boolean): keyof LineWords {
  if (state === 'accepted') return 'running';
  if (state === 'missed') return mine ? 'unanswered' : 'missed';
  if (state === 'cancelled') return mine ? 'cancelled' : 'missed';
  return state;
}

/** The button beside a call: to call again or back, or to join a call of a crew that is in progress. */
export function buttonOf(
  { state }: Pick<Call, 'state'>,
  mine: boolean,
  joinable: boolean,
): 'again' | 'back' | 'join' | undefined {
  if (state === 'accepted') return joinable ? 'join' : undefined;
  if (state === 'ringing') return undefined;
  return mine ? 'again' : 'back';
}

/** The duration of a call, as 1:05:09 or 5:09; `undefined` if it was not accepted, or the duration is unknown. */
export function duration({ acceptedAt, endedAt }: Pick<Call, 'acceptedAt' | 'endedAt'>): string | undefined {
  if (acceptedAt === undefined || endedAt === undefined) return undefined;
  return length((Date.parse(endedAt) - Date.parse(acceptedAt)) / 1000);
}

/** Seconds as 1:05:09 or 5:09. */
export function length(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(all % 60)}`;
}

/** A call in words: its kind, and its result or duration. */
export function CallText({ call, mine }: { call: Call; mine: boolean }) {
  const text = lineWords(useSurroundings().words.lang);
  const how = (call.state === 'ended' && duration(call)) || text[stateOf(call, mine)];
  return (
    <>
      {text[call.media]} · <bdi>{how}</bdi>
    </>
  );
}

/** A call in the timeline: its result and duration, and a button to call again. */
export function CallLine({ message, timeline }: { message: TimelineMessage; timeline: Timeline }) {
  const { Calls, client, words } = useSurroundings();
  const { people } = useValue(timeline);
  const me = useValue(client.user);
  const { call, key, at, mine } = message;
  if (!call) return null;
  const text = lineWords(words.lang);
  const state = stateOf(call, mine);
  const time = words.clock(at);
  const label = buttonOf(call, mine, people !== undefined && me !== undefined && !call.devices[me]);
  return (
    <article
      class="event-line call-line"
      data-key={key}
      data-state={state}
      aria-label={words.joined(text[call.media], time)}
    >
      <span>
        <CallText call={call} mine={mine} />
      </span>
      <time dateTime={new Date(at).toISOString()}>{time}</time>
      {Calls && label && <Calls id={timeline.id} again={call.media} label={text[label]} />}
    </article>
  );
}
