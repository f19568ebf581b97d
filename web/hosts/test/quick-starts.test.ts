/**
 * Every quick start of `docs/quick-starts`, as written, against a real server; only ports are replaced, and
 * packages are installed before.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { answered, blocks, freePort, Project } from './guide.ts';

const BINARY = process.env.JOBLINE_BIN ?? new URL('../../../target/debug/jobline', import.meta.url).pathname;
const CHROMIUM = process.env.JOBLINE_CHROMIUM ?? '/usr/bin/chromium';
const secrets = { JOBLINE_JWT_SECRET: 's'.repeat(32), JOBLINE_HOST_KEY: 'h'.repeat(32) };

let data: string;
let server: Project;
let url: string;
let port: number;
let browser: Browser;
const projects: Project[] = [];

const project = (name: string) => {
  const addresses = [
    ['http://127.0.0.1:8080', url],
    ['http://localhost:3000', `http://localhost:${port}`],
    ['listen(3000', `listen(${port}`],
    ['--port 3000', `--port ${port}`],
  ] as const;
  const made = new Project(name, { ...secrets, JOBLINE_URL: url }, addresses, inject('tarballs'));
  projects.push(made);
  return made;
};

/** The response of Jobline to a token. */
const sync = async (token: string) => {
  const answer = await fetch(`${url}/messages/sync`, { headers: { Authorization: `Bearer ${token}` } });
  return {
    status: answer.status,
    ...((await answer.json()) as { messages?: { content: string; senderId: string }[] }),
  };
};

/** The token that a quick start's server mints. */
const minted = async () =>
  (await answered(`http://localhost:${port}/my/chat-token`, { method: 'POST' })).text();

beforeAll(async () => {
  expect(existsSync(BINARY), `${BINARY} is missing: cargo build, or name it in JOBLINE_BIN`).toBe(true);
  data = mkdtempSync(join(tmpdir(), 'jobline-quick-starts-'));
  const listen = await freePort();
  url = `http://127.0.0.1:${listen}`;
  port = await freePort();
  const [start, people] = blocks('README').map(({ code }) => code);
  server = project('README');
  // The block that starts the server, with the program and the folder of this test.
  const line = start?.split('\n').find(line => line.startsWith('jobline '));
  const command = line
    ?.replace('jobline', BINARY)
    .replace('127.0.0.1:8080', `127.0.0.1:${listen}`)
    .replace('&', '');
  server.keep(`${command} --data ${data} --log warn`);
  await answered(`${url}/readyz`);
  await server.run(people ?? '');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

afterEach(() => {
  for (const one of projects.splice(0).filter(one => one !== server)) one.end();
});
afterAll(async () => {
  await browser?.close();
  server?.end();
  if (data) rmSync(data, { recursive: true, force: true });
});

test('every quick start is tested here, and the first page names it', () => {
  const there = readdirSync(new URL('../../../docs/quick-starts/', import.meta.url));
  const tested = ['README', 'clients', 'curl', 'element', 'express', 'identity', 'next', 'python', 'react'];
  expect(there.sort()).toEqual(tested.map(name => `${name}.md`).sort());
});

test('curl', async () => {
  const shell = project('curl');
  const printed = await shell.run(
    blocks('curl')
      .map(({ code }) => code)
      .join(''),
  );
  expect(printed).toContain('"content":"When can you come?"');
  expect(printed).toContain('"unreadCount":0');
  const listed = JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  expect(listed.messages[0]).toMatchObject({ senderId: 'anna', status: 'read' });
});

test('a plain page with the element', async () => {
  await project('element').follow();
  expect(await sync(await minted())).toMatchObject({ status: 200 });
  const page = await open();
  await page.getByRole('textbox').fill('From the element');
  await page.keyboard.press('Enter');
  await expect.poll(() => lastOfBen(), { timeout: 30_000 }).toBe('From the element');
  await page.close();
});

test('Express mints tokens and registers jobs, and its page with React 19 hooks sends and receives', async () => {
  const built = project('react');
  await built.follow();
  await built.follow('express');
  expect(await sync(await minted())).toMatchObject({ status: 200 });
  const match = await fetch(`http://localhost:${port}/my/match`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ job: 8, title: 'Mow the lawn', worker: 'ben' }),
  });
  expect(await match.json()).toMatchObject({ id: 8, participants: ['anna', 'ben'] });
  const page = await open();
  await page.getByRole('textbox', { name: 'Message' }).fill('From the hooks');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText(/You: From the hooks \((sent|delivered)\)/).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'From the hooks' }).waitFor();
  expect(await lastOfBen()).toBe('From the hooks');
  await page.close();
});

test('Next.js with tRPC: types are checked, built and served', async () => {
  await project('next').follow();
  expect(await sync(await minted())).toMatchObject({ status: 200 });
  const page = await open();
  await page.getByRole('textbox', { name: 'Message' }).fill('From Next.js');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('From Next.js').waitFor();
  expect(await lastOfBen()).toBe('From Next.js');
  await page.close();
});

test('Python', async () => {
  await project('python').follow();
  expect(await sync(await minted())).toMatchObject({ status: 200 });
});

/** The page of a quick start's server. Its console errors are printed. */
async function open(): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', error => console.error(`In the page: ${error.message}`));
  page.on('console', said => said.type() === 'error' && console.error(`In the page: ${said.text()}`));
  await page.goto(`http://localhost:${port}`);
  return page;
}

test('a Python client that is generated from /openapi.json holds a conversation', async () => {
  const client = project('generated');
  const generate = `openapi-python-client generate --url ${url}/openapi.json --output-path generated`;
  await client.run(generate);
  const script = new URL('generated.py', import.meta.url).pathname;
  expect(await client.run(`PYTHONPATH=generated python ${script}`)).toContain('held a conversation');
});

/** The last message that Ben sees. */
async function lastOfBen(): Promise<string | undefined> {
  const answer = await fetch(`${url}/host/users/ben/token`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${secrets.JOBLINE_HOST_KEY}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  const { token } = (await answer.json()) as { token: string };
  return (await sync(token)).messages?.at(-1)?.content;
}
