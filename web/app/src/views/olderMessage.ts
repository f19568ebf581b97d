import type { Timeline } from '@jobline/sdk';

/** Pages of messages that are loaded at most to find one: 20,000 messages. */
const PAGES = 400;

/**
 * Loads older messages until the one with this id is among them; answers its key, `undefined` where it is not found or the
 * chat was left meanwhile.
 */
export async function olderMessage(timeline: Timeline, id: string): Promise<string | undefined> {
  let known = 0;
  for (let page = 0; page < PAGES; page++) {
    const { messages, hasOlder, olderProblem } = timeline.get();
    const found = messages.find(message => message.id === id);
    if (found || !hasOlder || (page > 0 && olderProblem)) return found?.key;
    // A chat that is left lets go of what is old.
    if (messages.length < known) return undefined;
    known = messages.length;
    // The list may be loading a page already, as it does near its edge.
    if (timeline.get().loadingOlder) await loaded(timeline);
    else await timeline.loadOlder();
  }
  return undefined;
}

/** The page that is being loaded has come, or could not be. */
function loaded(timeline: Timeline): Promise<void> {
  return new Promise(resolve => {
    const stop = timeline.subscribe(() => {
      if (timeline.get().loadingOlder) return;
      stop();
      resolve();
    });
  });
}
