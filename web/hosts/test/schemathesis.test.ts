/**
 * The server does what `/openapi.json` says, in some thousand valid and invalid requests that schemathesis
 * makes from it.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../../e2e/harness/server.ts';
import { PYTHON } from './guide.ts';

const HERE = new URL('.', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'jobline-schemathesis-'));
let server: Server;

beforeAll(async () => {
  // Rate limits are off, and push is offered.
  const flags = ['--send-rate', '0', '--upload-rate', '0', '--vapid-subject', 'mailto:chat@example.com'];
  server = await Server.deployed(...flags);
});
afterAll(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The lines of `schemathesis.md`: a code and an operation, such as `ST201 GET /messages/presence`. */
function explained(): string[] {
  const rows = readFileSync(`${HERE}schemathesis.md`, 'utf8').matchAll(/^\| (ST\d+) \| (.*) \| .*\w.* \|$/gm);
  return [...rows].flatMap(([, code, operations = '']) =>
    [...operations.matchAll(/`([^`]+)`/g)].map(([, operation]) => `${code} ${operation}`),
  );
}

interface Report {
  complete: boolean;
  operations: { total: number; tested: number; errored: number };
  test_cases: { generated: number };
  failures: { code: string; operations: string[] }[];
  errors: unknown[];
}

test('every finding of schemathesis is explained', async () => {
  const api = await server.api();
  await api.job(7, 'Kitchen renovation', ['anna', 'ben'], 'open');
  await api.say('anna', 'ben', 'Hello');
  const hostKey = /^JOBLINE_HOST_KEY=(.*)$/m.exec(readFileSync(`${server.folder}/demo.env`, 'utf8'))?.[1];
  const env = { ...process.env, JOBLINE_TOKEN: api.token('anna'), JOBLINE_HOST_KEY: hostKey };
  const report = join(folder, 'report.json');
  const limits = ['--phases', 'examples,coverage,fuzzing', '--max-examples', '20', '--no-shrink'];
  const run = ['--config-file', `${HERE}schemathesis.toml`, 'run', `${server.url}/openapi.json`, ...limits];
  const said = await new Promise<string>(resolve => {
    const written = ['--report', 'json', '--report-json-path', report];
    const options = { cwd: folder, env: env as never, maxBuffer: 2 ** 26, timeout: 120_000 };
    // It exits with 1 when it finds something.
    execFile(`${PYTHON}/bin/schemathesis`, [...run, ...written], options, (_, out, err) =>
      resolve(out + err),
    );
  });
  const { complete, operations, test_cases, failures, errors } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Report;
  const found = failures.flatMap(({ code, operations }) => operations.map(one => `${code} ${one}`));
  const lines = explained();
  expect(
    found.filter(one => !lines.includes(one)),
    said,
  ).toEqual([]);
  expect({ complete, errors, errored: operations.errored }, said).toEqual({
    complete: true,
    errors: [],
    errored: 0,
  });
  expect(test_cases.generated).toBeGreaterThan(1_000);
  expect(operations.tested).toBeGreaterThan(40);
  // An explanation of a finding that no longer occurs is an error.
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object };
  const there = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
  );
  for (const line of lines) expect(there).toContain(line.replace(/^ST\d+ /, ''));
});
