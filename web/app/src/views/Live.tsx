import type { UserPresence } from '@jobline/sdk';
import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';

/** The online status of a user, if it is known. */
export function usePresence(userId: string | undefined): UserPresence | undefined {
  const { client } = useSurroundings();
  return useValue(client.presence)[userId ?? ''];
}

/**
 * Who types in a conversation, in words, with the name of who began last; `undefined` if nobody does. It is not read out,
 * since it changes too often.
 */
export function useTyping(conversationId: string, nameOf: (userId: string) => string): string | undefined {
  const { client, words } = useSurroundings();
  const users = useValue(client.typing)[conversationId];
  const last = users?.at(-1);
  if (!users || last === undefined) return undefined;
  const [name, count] = [nameOf(last), users.length - 1];
  return words.t(count > 0 ? 'typingMore' : 'typing', { name, count });
}

/** A mark on the picture of a user who is online. */
export function Dot({ presence }: { presence: UserPresence | undefined }) {
  const { words } = useSurroundings();
  return presence?.state === 'online' ? <span class="dot" role="img" aria-label={words.t('online')} /> : null;
}
