/** The latest requests of a browser's pages and their results, printed when a test fails. */

import type { BrowserContext, Request } from '@playwright/test';

/** How many of the last lines are kept. */
const KEPT = 60;

export class Journal {
  readonly #lines: string[] = [];
  readonly #begun = Date.now();

  constructor(context: BrowserContext) {
    context.on('request', request => this.#note(`${named(request)} …`));
    context.on('requestfailed', request => this.#note(`${named(request)}: ${request.failure()?.errorText}`));
    context.on('response', response => this.#note(`${named(response.request())}: ${response.status()}`));
    context.on('console', message => this.#note(`console: ${message.text()}`));
    context.on('page', page =>
      page.on('websocket', socket => {
        this.#note('live connection: opening');
        socket.on('close', () => this.#note('live connection: closed'));
        socket.on('framereceived', ({ payload }) => this.#note(`live connection: ${String(payload)}`));
      }),
    );
  }

  toString(): string {
    return this.#lines.join('\n');
  }

  #note(line: string): void {
    const seconds = ((Date.now() - this.#begun) / 1000).toFixed(2);
    this.#lines.push(`${seconds.padStart(7)} s  ${line.slice(0, 160)}`);
    this.#lines.splice(0, this.#lines.length - KEPT);
  }
}

const named = (request: Request) => `${request.method()} ${new URL(request.url()).pathname}`;
