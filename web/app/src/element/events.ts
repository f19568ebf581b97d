import type { ConversationItem, Jobline } from '@jobline/sdk';
import { watchReach } from './reach.ts';

/** Fires an event of the element for the embedding page. */
export function tell(element: HTMLElement, type: string, detail: object): void {
  element.dispatchEvent(new CustomEvent(type, { detail }));
}

/**
 * Fires the element's events for the embedding page: `jobline-ready`, `jobline-unread`, `jobline-message` and
 * `jobline-error`. The returned function ends that.
 */
export function elementEvents(element: HTMLElement, client: Jobline, server: string): () => void {
  const say = (type: string, detail: object) => tell(element, type, detail);
  let ready = false;
  let unread = -1;
  const sayUnread = () => {
    const count = client.unread.get();
    // Before the conversations are loaded the count is unknown; from then on 0 is reported, too.
    if (count === unread || (!ready && count === 0)) return;
    unread = count;
    say('jobline-unread', { count });
  };
  const sayReady = () => {
    const user = client.user.get();
    if (ready || user === undefined || client.conversations.get().status !== 'ready') return;
    ready = true;
    say('jobline-ready', { user });
    sayUnread();
  };
  let before = new Map<string, ConversationItem>();
  const sayMessages = () => {
    const { items, status } = client.conversations.get();
    if (status !== 'ready') return;
    if (ready)
      for (const item of items) if (isNew(item, before.get(item.id))) say('jobline-message', told(item));
    before = new Map(items.map(item => [item.id, item]));
    sayReady();
  };
  let problem = client.connection.get().problem;
  const sayProblem = () => {
    const now = client.connection.get().problem;
    if (now && now.code !== problem?.code) say('jobline-error', { code: now.code, detail: now.detail });
    problem = now;
  };
  const sayFault = (fault: { code: string; detail: string }) => {
    console.error(`<jobline-chat>: ${fault.detail}`);
    say('jobline-error', fault);
  };
  const stops = [
    watchReach(client, server, sayFault),
    client.user.subscribe(sayReady),
    client.unread.subscribe(sayUnread),
    client.conversations.subscribe(sayMessages),
    client.connection.subscribe(sayProblem),
  ];
  sayMessages();
  // The state at the start is reported, too, including an earlier failure.
  if (problem) say('jobline-error', { code: problem.code, detail: problem.detail });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Whether another user has written since `before`. */
function isNew(item: ConversationItem, before: ConversationItem | undefined): boolean {
  return !item.preview?.mine && item.unread > 0 && item.at > (before?.at ?? 0);
}

/** The sender and the conversation. Message text is not included: it would end up in logs and analytics of the page. */
function told({ id, person, job, unread }: ConversationItem): object {
  return { conversationId: id, from: { id: person.id, name: person.name }, jobId: job?.id, unread };
}
