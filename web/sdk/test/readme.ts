/** The example of README.md, for the type checker. */

import type { TimelineMessage } from '../src/index.ts';

declare function askYourServer(): Promise<string>;
declare function render(messages: readonly TimelineMessage[]): void;

// README
import { createJobline } from '@jobline/sdk/browser';

const jobline = createJobline({ baseUrl: 'https://chat.example.com', getToken: () => askYourServer() });
await jobline.ready;

const chat = jobline.conversation({ with: 'john', job: 42 });
chat.subscribe(() => render(chat.get().messages));
const leave = chat.open();

await chat.send('When can you come?'); // on this device now, on the server as soon as there is a way
chat.markAsRead();
leave();
