import type { Timeline } from '@jobline/sdk';

/** How many pages are loaded at most to find a message: 20,000 messages. */
const PAGES = 400;

/**
 * Loads older messages until the one with this id is among them. Returns its key; `undefined` if it is not found or the chat
 * was left meanwhile.
 */
export async function olderMessage(timeline: Timeline, id: string): Promise<string | undefined> {
  let known = 0;
  for (let page = 0; page < PAGES; page++) {
    const { messages, hasOlder, olderProblem } = timeline.get();
    const found = messages.find(message => message.id === id);
    if (found || !hasOlder || (page > 0 && olderProblem)) return found?.key;
    // A chat that was left drops older messages.
    if (messages.length < known) return undefined;
    known = messages.length;
    // The list may already be loading a page, as it does near its edge.
    if (timeline.get().loadingOlder) await loaded(timeline);
    else await timeline.loadOlder();
  }
  return undefined;
}

/** Settles when the page that is being loaded has arrived or failed. */
function loaded(timeline: Timeline): Promise<void> {
  return new Promise(resolve => {
    const stop = timeline.subscribe(() => {
      if (timeline.get().loadingOlder) return;
      stop();
      resolve();
    });
  });
}
