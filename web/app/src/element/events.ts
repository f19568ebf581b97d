import type { ConversationItem, Jobline } from '@jobline/sdk';

/**
 * What the page around learns, as events of the element: `jobline-ready`, `jobline-unread`, `jobline-message` and
 * `jobline-error`. The returned function ends it.
 */
export function elementEvents(element: HTMLElement, client: Jobline): () => void {
  const tell = (type: string, detail: object) => element.dispatchEvent(new CustomEvent(type, { detail }));
  let ready = false;
  const sayReady = () => {
    const user = client.user.get();
    if (ready || user === undefined || client.conversations.get().status !== 'ready') return;
    ready = true;
    tell('jobline-ready', { user });
  };
  let unread = -1;
  const sayUnread = () => {
    const count = client.unread.get();
    if (count === unread) return;
    unread = count;
    tell('jobline-unread', { count });
  };
  let before = new Map<string, ConversationItem>();
  const sayMessages = () => {
    const { items, status } = client.conversations.get();
    if (status !== 'ready') return;
    if (ready)
      for (const item of items) if (isNew(item, before.get(item.id))) tell('jobline-message', told(item));
    before = new Map(items.map(item => [item.id, item]));
    sayReady();
  };
  let problem = client.connection.get().problem;
  const sayProblem = () => {
    const now = client.connection.get().problem;
    if (now && now.code !== problem?.code) tell('jobline-error', { code: now.code, detail: now.detail });
    problem = now;
  };
  const stops = [
    client.user.subscribe(sayReady),
    client.unread.subscribe(sayUnread),
    client.conversations.subscribe(sayMessages),
    client.connection.subscribe(sayProblem),
  ];
  sayMessages();
  return () => {
    for (const stop of stops) stop();
  };
}

/** Whether somebody else has written since `before`. */
function isNew(item: ConversationItem, before: ConversationItem | undefined): boolean {
  return !item.preview?.mine && item.unread > 0 && item.at > (before?.at ?? 0);
}

/** Who wrote, and where. What was written is not told: it would end up in logs and analytics of the page. */
function told({ id, person, job, unread }: ConversationItem): object {
  return { conversationId: id, from: { id: person.id, name: person.name }, jobId: job?.id, unread };
}
