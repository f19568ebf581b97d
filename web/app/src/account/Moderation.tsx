import type { Person } from '@jobline/sdk';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { ReportForm } from './ReportForm.tsx';
import { accountWords } from './words.ts';

/** The end of a permanent mute. */
const FOREVER = '2999-12-31T00:00:00.000Z';

/** The reader's settings for a conversation. */
interface Known {
  readonly blocked?: boolean;
  readonly mutedUntil?: string;
}

interface Props {
  readonly conversationId: string;
  /** The other person of a pair. */
  readonly person: Person | undefined;
  readonly name: string;
}

/** Actions on a conversation: mute it, block the other person, report it to the marketplace. */
export function Moderation({ conversationId, person, name }: Props) {
  const { client, words } = useSurroundings();
  const said = accountWords(words.lang);
  const [asked, ask] = useState<'block' | 'report'>();
  const [done, setDone] = useState<string>();
  const [{ blocked = false, mutedUntil }, know] = useState<Known>({});
  useEffect(() => {
    // If the server cannot be reached, the buttons still work.
    client.call('getConversation', { conversationId }).then(
      ({ conversation }) => know(conversation),
      () => undefined,
    );
  }, [conversationId]);
  const attempt = async (what: () => Promise<unknown>, then?: string) => {
    try {
      await what();
      setDone(then);
      ask(undefined);
    } catch {
      setDone(words.fill(said.failed));
    }
  };
  const mute = async (until: string | null) => {
    const { mutedUntil } = await client.call('mute', { conversationId, until });
    know({ blocked, mutedUntil });
  };
  const set = async (blocked: boolean, userId: string) => {
    await client.call(blocked ? 'block' : 'unblock', { userId });
    know({ blocked, mutedUntil });
  };
  if (asked === 'report') {
    return (
      <ReportForm
        text={words.fill(said.reportText, { name })}
        cancel={() => ask(undefined)}
        send={(reason, comment) =>
          attempt(
            () => client.call('report', { conversationId, reason, ...(comment && { comment }) }),
            words.fill(said.reported),
          )
        }
      />
    );
  }
  if (asked === 'block' && person) {
    return (
      <div class="moderation">
        <p class="quiet">{words.fill(said.blockText)}</p>
        <div class="answers">
          <button type="button" class="button outlined" onClick={() => ask(undefined)}>
            {words.t('cancel')}
          </button>
          <button type="button" class="button bad" onClick={() => attempt(() => set(true, person.id))}>
            {words.fill(said.block, { name })}
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="moderation">
      <button
        type="button"
        class="button outlined"
        onClick={() => attempt(() => mute(mutedUntil === undefined ? FOREVER : null))}
      >
        {words.fill(mutedUntil === undefined ? said.mute : said.unmute)}
      </button>
      {person && (
        <button
          type="button"
          class="button outlined"
          onClick={() => (blocked ? attempt(() => set(false, person.id)) : ask('block'))}
        >
          {words.fill(blocked ? said.unblock : said.block, { name })}
        </button>
      )}
      <button type="button" class="button outlined" onClick={() => ask('report')}>
        {words.fill(said.report)}
      </button>
      {done && (
        <p class="quiet" role="status">
          {done}
        </p>
      )}
    </div>
  );
}
