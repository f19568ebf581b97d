'use client';

import type { ConversationRef, Timeline, TimelineState, TypingState } from '@jobline/sdk';
import { useCallback, useEffect, useMemo } from 'react';
import { useJobline, useValue } from './provider.ts';

const LOADING: TimelineState = {
  id: '',
  status: 'loading',
  messages: [],
  hasOlder: false,
  loadingOlder: false,
  unread: 0,
  canWrite: false,
};
const NOBODY: readonly string[] = [];
const NOBODY_TYPES: TypingState = {};

export interface MessagesOptions {
  /** All messages count as read while the page is visible. Default: `false`; call `timeline.markAsRead()` yourself then. */
  readonly markAsRead?: boolean;
}

/** A conversation as a component shows it. It is the same object until something in it changes. */
export interface Chat extends TimelineState {
  /**
   * Keeps a message on the device and shows it; resolves with its `clientId` then. It is sent as soon as that is possible.
   * Rejects with a `JoblineError`: `content_empty` or `content_too_long` (over 2,000 characters); and with an `Error`
   * while `timeline` is `undefined`.
   */
  readonly send: (text: string, replyTo?: string) => Promise<string>;
  /** What the SDK offers for a conversation: files, editing, reactions, older messages. `undefined` until the user is known. */
  readonly timeline: Timeline | undefined;
}

/** The timeline of a conversation, the same one until the conversation or the user is another one. */
function useTimeline(ref: ConversationRef): Timeline | undefined {
  const client = useJobline();
  const user = useValue(client?.user, undefined);
  const [id, other, job] = typeof ref === 'string' ? [ref] : [undefined, ref.with, ref.job];
  return useMemo(() => {
    // The user is asked for because a timeline belongs to one of them.
    if (!client || user === undefined) return undefined;
    return client.conversation(id ?? { with: other ?? '', job });
  }, [client, user, id, other, job]);
}

/** The messages of a conversation, by its id or by whom it is with. It is open, and polled quickly, while a component uses this. */
export function useMessages(ref: ConversationRef, { markAsRead = false }: MessagesOptions = {}): Chat {
  const timeline = useTimeline(ref);
  const state = useValue(timeline, LOADING);
  const { messages } = state;
  useEffect(() => timeline?.open(), [timeline]);
  useEffect(() => {
    if (!markAsRead || !messages.length) return;
    const mark = () => {
      if (document.visibilityState === 'visible') timeline?.markAsRead();
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [timeline, messages, markAsRead]);
  const send = useCallback<Chat['send']>(
    async (text, replyTo) => {
      if (!timeline) throw new Error('The user is not known yet: send once status is "ready".');
      return timeline.send(text, replyTo);
    },
    [timeline],
  );
  return useMemo(() => ({ ...state, send, timeline }), [state, send, timeline]);
}

/** The ids of the others who type in a conversation. It has to be the one that `useMessages` shows; empty without a live connection. */
export function useTyping(ref: ConversationRef): readonly string[] {
  const typing = useValue(useJobline()?.typing, NOBODY_TYPES);
  const timeline = useTimeline(ref);
  return (timeline && typing[timeline.id]) ?? NOBODY;
}

/** The unsent text of a conversation, kept on the device, and how to set it, which tells the others that the user types. */
export function useDraft(ref: ConversationRef): [draft: string, setDraft: (text: string) => void] {
  const timeline = useTimeline(ref);
  const draft = useValue(timeline?.draft, '');
  const setDraft = useCallback((text: string) => timeline?.setDraft(text), [timeline]);
  return [draft, setDraft];
}
