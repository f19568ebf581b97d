/**
 * `docs/quick-starts/clients.md`: the clients that OpenAPI Generator makes from `/openapi.json` hold a
 * conversation.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../../e2e/harness/server.ts';
import { Project } from './guide.ts';

let server: Server;
let project: Project;

beforeAll(async () => {
  server = await Server.start();
  await (await server.api()).job(7, 'Paint the fence', ['anna', 'ben'], 'open');
  const hostKey =
    /^JOBLINE_HOST_KEY=(.*)$/m.exec(readFileSync(`${server.folder}/demo.env`, 'utf8'))?.[1] ?? '';
  // They download nothing: the client for Go needs only Go's standard library.
  const offline = { GOPROXY: 'off', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  project = new Project(
    'clients',
    { JOBLINE_URL: server.url, JOBLINE_HOST_KEY: hostKey, ...offline },
    [],
    [],
  );
});
afterAll(async () => {
  project?.end();
  await server?.remove();
});

test('clients for Python, TypeScript and Go are generated, and hold a conversation', async () => {
  const printed = (await project.finish()).split('\n');
  for (const language of ['Python', 'TypeScript', 'Go']) {
    const hello = `Hello from ${language}`;
    // The job, by the host key; what was synced, listed and marked as read; the list of chats; a refusal.
    const said = ['Paint the fence', hello, '1', '0', hello, '403 not_job_participant'];
    expect(printed.splice(printed.indexOf(said[0] ?? ''), said.length)).toEqual(said);
  }
});
