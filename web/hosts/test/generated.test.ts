/**
 * The types that openapi-typescript makes from the document, with openapi-fetch: accepted and refused input,
 * and answers.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../../e2e/harness/server.ts';

const HERE = new URL('..', import.meta.url).pathname;
const folder = `${HERE}run/typescript-${process.pid}`;
const bin = `${HERE}node_modules/.bin`;
let server: Server;

beforeAll(async () => {
  server = await Server.start();
  mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAM = `import createClient from 'openapi-fetch';
import type { paths } from './api.d.ts';
const [baseUrl = '', host = '', anna = '', ben = ''] = process.argv.slice(2);
const as = (token: string) => createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${token}\` } });
const job = await as(host).GET('/host/jobs/{jobId}', { params: { path: { jobId: 7 } } });
const sent = await as(anna).POST('/messages/send', { body: { receiverId: 'ben', content: 'From TypeScript' } });
const conversationId: string = sent.data?.conversationId ?? '';
const status: 'sent' | 'delivered' | 'read' | undefined = sent.data?.message.status;
const synced = await as(ben).GET('/messages/sync');
const listed = await as(ben).GET('/messages/list', { params: { query: { conversationId } } });
const all = await as(ben).GET('/messages/conversations');
const refused = await as(anna).POST('/messages/send', { body: { receiverId: 'stranger', content: '?' } });
// @ts-expect-error a number for a string
const wrong = () => as(anna).POST('/messages/send', { body: { receiverId: 'ben', content: 5 } });
console.log(JSON.stringify([job.data?.id, status, synced.data?.messages.at(-1)?.content,
  listed.data?.messages.at(-1)?.content, all.data?.conversations[0]?.lastMessage, refused.error?.code, typeof wrong]));
`;

test('a TypeScript client that is generated from /openapi.json holds a conversation', async () => {
  const api = await server.api();
  const [, hostKey = ''] =
    /^JOBLINE_HOST_KEY=(.*)$/m.exec(readFileSync(`${server.folder}/demo.env`, 'utf8')) ?? [];
  await api.job(7, 'Paint', ['anna', 'ben'], 'open');
  writeFileSync(`${folder}/program.mts`, PROGRAM);
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  run(`${bin}/openapi-typescript`, `${server.url}/openapi.json`, '--output', 'api.d.ts');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
  const out = ['--allowImportingTsExtensions', '--rewriteRelativeImportExtensions', '--types', 'node'];
  run(`${bin}/tsc`, ...options, ...out, 'program.mts');
  const tokens = [hostKey, api.token('anna'), api.token('ben')];
  expect(JSON.parse(run('node', 'program.mjs', server.url, ...tokens))).toEqual([
    7,
    'sent',
    'From TypeScript',
    'From TypeScript',
    'From TypeScript',
    'not_job_participant',
    'function',
  ]);
});
