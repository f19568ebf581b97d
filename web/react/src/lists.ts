'use client';

import type { Connection, ConversationsState, UserPresence, WhoIsThere } from '@jobline/sdk';
import { useJobline, useValue } from './provider.ts';

const LOADING: ConversationsState = { status: 'loading', items: [] };
const CONNECTING: Connection = { state: 'connecting' };
const UNKNOWN: WhoIsThere = {};

/** All conversations, the one written in last first. The client polls while a component uses this. */
export const useConversations = (): ConversationsState => useValue(useJobline()?.conversations, LOADING);

/** Unread messages in all conversations. The client polls while a component uses this. */
export const useUnread = (): number => useValue(useJobline()?.unread, 0);

/** Whether the server can be reached. */
export const useConnection = (): Connection => useValue(useJobline()?.connection, CONNECTING);

/** Whether a user is there; `undefined` where it is not known, as without a live connection. */
export const usePresence = (userId: string): UserPresence | undefined =>
  useValue(useJobline()?.presence, UNKNOWN)[userId];
