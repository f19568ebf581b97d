import type { Timeline } from '@jobline/sdk';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { noteAsked, type Preferences, pushState, startPush, wasAsked } from './push.ts';
import { accountWords } from './words.ts';

interface Props {
  readonly timeline: Timeline;
  /** Something else stands above the field: on a phone with its keyboard the messages need the room. */
  readonly isCovered: boolean;
}

/**
 * A line that offers notifications, once for each browser, after a message was sent while the chat is open: a reader who
 * waits for an answer understands the question.
 */
export function PushOffer({ timeline, isCovered }: Props) {
  const { client, words } = useSurroundings();
  const said = accountWords(words.lang);
  const line = useRef<HTMLParagraphElement>(null);
  const [offered, offer] = useState<Preferences>();
  const [failed, setFailed] = useState(false);
  const { messages } = useValue(timeline);
  const waits = messages.some(message => message.mine && message.id === undefined);
  const waited = useRef(waits);
  useEffect(() => {
    const sent = waited.current && !waits;
    waited.current = waits;
    if (!sent || wasAsked()) return;
    offerable(() => client.call('getPreferences', {})).then(offer, () => undefined);
  }, [waits]);
  if (!offered || isCovered) return null;
  const done = () => {
    // The focus moves to the composer, because the button that had it disappears.
    line.current?.closest('section')?.querySelector('textarea')?.focus();
    offer(undefined);
  };
  const answer = (yes: boolean) => {
    noteAsked();
    if (!yes) return done();
    startPush(client, offered).then(done, () => setFailed(true));
  };
  return (
    <p class="note context offer" role="status" ref={line}>
      <span>{words.fill(failed ? said.failed : said.offer)}</span>
      {!failed && (
        <button type="button" class="button outlined" onClick={() => answer(true)}>
          {words.fill(said.offerYes)}
        </button>
      )}
      <button type="button" class="button outlined" onClick={() => answer(false)}>
        {words.fill(said.offerNo)}
      </button>
    </p>
  );
}

/** The preferences of a reader who wants notifications and has none in this browser, so that they can be offered. */
async function offerable(ask: () => Promise<Preferences>): Promise<Preferences | undefined> {
  const preferences = await ask();
  return preferences.push && (await pushState(preferences)) === 'off' ? preferences : undefined;
}
