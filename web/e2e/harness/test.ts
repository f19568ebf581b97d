import { type BrowserContext, type BrowserContextOptions, test as base } from '@playwright/test';
import type { Api } from './api.ts';
import { Journal } from './journal.ts';
import { type Name, Person } from './person.ts';
import { Server } from './server.ts';

export { expect } from '@playwright/test';

interface World {
  /** Flags of the server, besides address and data. */
  flags: string[];
  /** Whether the server offers live connections. */
  live: 'on' | 'off';
  /** Console errors that the test provokes. */
  provoked: RegExp;
  server: Server;
  api: Api;
  /** A person in a browser of their own, signed in. */
  person: (name: Name, options?: BrowserContextOptions) => Promise<Person>;
  /** A new browser, with the server as its base URL. */
  browserOfOne: (options?: BrowserContextOptions) => Promise<BrowserContext>;
}

/**
 * Every test has a server with separate data. An error in a page's console, or an uncaught one, fails the
 * test.
 */
export const test = base.extend<World>({
  flags: [[], { option: true }],
  // Most tests hold, count or break polls, on which live connections are built; those of live.spec.ts are
  // about both. JOBLINE_E2E_LIVE=on runs all with live connections.
  live: [process.env.JOBLINE_E2E_LIVE === 'on' ? 'on' : 'off', { option: true }],
  // The browser itself reports every failed request, and many tests are about failed requests. A chunk that
  // was loading when a test cut the network is loaded later; tests check what it shows.
  provoked: [/Failed to load resource|net::ERR_|A part of the app could not be loaded/, { option: true }],
  server: async ({ flags, live }, use) => {
    const server = await Server.start('--live', live, ...flags);
    await use(server);
    await server.remove();
  },
  api: async ({ server }, use) => use(await server.api()),
  browserOfOne: async ({ browser, server, provoked }, use, info) => {
    const contexts: BrowserContext[] = [];
    const errors: string[] = [];
    const journals: Journal[] = [];
    await use(async more => {
      const context = await browser.newContext({
        // Its requests cannot be held or counted; the tests about it allow it.
        serviceWorkers: 'block',
        ...more,
        baseURL: server.url,
      });
      contexts.push(context);
      journals.push(new Journal(context));
      context.on('weberror', error => errors.push(error.error().stack ?? String(error.error())));
      context.on('console', message => {
        if (message.type() === 'error' && !provoked.test(message.text())) errors.push(message.text());
      });
      return context;
    });
    if (info.status !== info.expectedStatus || errors.length > 0)
      for (const [index, journal] of journals.entries())
        console.log(`Browser ${index + 1} of "${info.title}" (${info.project.name}):\n${journal}`);
    for (const context of contexts) await context.close();
    if (errors.length > 0) throw new Error(`The page complained:\n${errors.join('\n')}`);
  },
  person: async ({ browserOfOne }, use) => {
    await use(async (name, options) => {
      const context = await browserOfOne(options);
      return new Person(await context.newPage()).signIn(name);
    });
  },
});
