/** React hooks over `@jobline/sdk`: a provider that holds the client, and what it knows as state of components. */

'use client';

export { type Chat, type MessagesOptions, useDraft, useMessages, useTyping } from './conversation.ts';
export { useConnection, useConversations, usePresence, useUnread } from './lists.ts';
export { JoblineProvider, type JoblineProviderProps, useJobline } from './provider.ts';
