import { Host } from './host.ts';
import { Server } from './server.ts';
import { test as base } from './test.ts';

/** A server that allows a marketplace on another origin, and that marketplace. */
export const test = base.extend<{ host: Host }>({
  host: async ({ page: _ }, use) => {
    const host = await Host.start();
    await use(host);
    await host.stop();
  },
  server: async ({ host }, use) => {
    const server = await Server.deployed('--allowed-origins', host.origin);
    await use(server);
    await server.remove();
  },
});
