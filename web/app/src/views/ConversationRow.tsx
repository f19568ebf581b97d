import type { ConversationItem, ConversationPreview } from '@jobline/sdk';
import type { Translator } from '../i18n/translator.ts';
import { fileName } from '../models/fileName.ts';
import { personName, plain } from '../models/plainText.ts';
import { ago } from '../models/time.ts';
import { Avatar } from './Avatar.tsx';
import { cameOrWent } from './cameOrWent.ts';
import { useSurroundings } from './context.ts';
import { memo } from './hooks.ts';
import { Icon } from './Icon.tsx';
import { Dot, usePresence, useTyping } from './Live.tsx';
import { lazy } from './lazy.tsx';
import { allNames, type NameOf, namesIn } from './names.tsx';
import { StatusIcon } from './Status.tsx';

const CallText = lazy(async () => (await import('./MessageDialog.tsx')).CallText);

interface Props {
  readonly item: ConversationItem;
  /** Changes when the shown times have to be updated. */
  readonly now: number;
  readonly open: boolean;
  /** Whether the Tab key stops here. */
  readonly stop: boolean;
}

/** One conversation of the list: its person, its job, and the last message. */
export const ConversationRow = memo(({ item, open, stop }: Props) => {
  const { navigation, words } = useSurroundings();
  const { job, people, person } = item;
  const nameOf = namesIn(item, words);
  const name = personName(person.name, person.id) || words.t('somebody');
  const presence = usePresence(person.id);
  const typing = useTyping(item.id, nameOf);
  return (
    <button
      type="button"
      class={item.unread ? 'conversation unread' : 'conversation'}
      part="conversation"
      data-conversation={item.id}
      aria-current={open ? 'true' : undefined}
      tabIndex={stop ? 0 : -1}
      onClick={() => navigation.open(item.id)}
    >
      <Avatar person={person} crew={people !== undefined} />
      <Dot presence={presence} />
      <span class="name">
        <bdi>{name}</bdi>
        {(item.mutedUntil ?? 0) > Date.now() && (
          <>
            <Icon name="muted" small />
            <span class="hidden">{words.t('muted')}</span>
          </>
        )}
      </span>
      <time class="when" dateTime={new Date(item.at).toISOString()}>
        {told(item.at, words)}
      </time>
      <span class="about">
        {people ? allNames(people, nameOf, words) : job && <bdi>{plain(job.title)}</bdi>}
        {job?.status === 'closed' && <span class="mark">{words.t('closed')}</span>}
      </span>
      {typing ? (
        <span class="preview typing">{typing}</span>
      ) : (
        <Preview item={item} open={open} nameOf={nameOf} />
      )}
      {item.unread > 0 && (
        <span class="badge" part="badge">
          <span aria-hidden="true">{words.number(item.unread)}</span>
          <span class="hidden">{words.t('unread', { count: item.unread })}</span>
        </span>
      )}
    </button>
  );
});

function told(at: number, words: Translator): string {
  const past = ago(at, Date.now());
  if (past.unit === 'now') return words.t('agoNow');
  if (!('count' in past)) return words.date(at, 'short');
  const key = ({ minutes: 'agoMinutes', hours: 'agoHours', days: 'agoDays' } as const)[past.unit];
  return words.t(key, { count: past.count });
}

/** The last message, or the draft, or what could not be sent. */
function Preview({ item, open, nameOf }: { item: ConversationItem; open: boolean; nameOf: NameOf }) {
  const { words } = useSurroundings();
  const { people, preview, draft, failed } = item;
  const by = people && !preview?.host && preview?.senderId;
  if (failed > 0) {
    return (
      <span class="preview failed">
        <Icon name="alert" small />
        <span>{words.t('statusFailed')}</span>
      </span>
    );
  }
  if (draft?.trim() && !open) {
    return (
      <span class="preview">
        <span class="draft">{words.t('draft')}</span> <bdi>{plain(draft)}</bdi>
      </span>
    );
  }
  const kind = kindOf(preview);
  return (
    <span class="preview">
      {preview?.mine && preview.state && <StatusIcon state={preview.state} />}
      {kind && <Icon name={kind} small />}
      <span dir="auto">
        {by && `${nameOf(by)}: `}
        {preview?.call ? (
          <CallText call={preview.call} mine={preview.mine}>
            {preview.text}
          </CallText>
        ) : (
          preview && (cameOrWent(preview, nameOf, words) ?? textOf(preview, kind, words))
        )}
      </span>
    </span>
  );
}

/** What the list shows with an icon: a voice message and a picture by a word, a file without a text by its name. */
type Kind = 'voice' | 'file' | 'photo' | undefined;

/** `undefined` for messages that are shown by their text. A deleted message is one, since its file is gone. */
function kindOf(preview: ConversationPreview | undefined): Kind {
  if (preview?.type === 'voice') return 'voice';
  if (preview?.type === 'image') return 'photo';
  return preview?.type === 'file' && !preview.text ? 'file' : undefined;
}

function textOf(preview: ConversationPreview, kind: Kind, words: Translator): string {
  if (kind === 'voice') return words.t('voiceMessage');
  if (kind === 'file') {
    const { base, ending } = fileName(preview.fileName, words.t('file'));
    return base + ending;
  }
  if (kind === 'photo' && !preview.text.includes(' ')) return words.t('photo');
  return preview.deleted ? words.t('deletedMessage') : plain(preview.text);
}
