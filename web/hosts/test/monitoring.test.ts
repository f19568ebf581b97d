/**
 * What operators use for monitoring, checked by Prometheus' own program: `deploy/prometheus`, and `GET
 * /metrics`.
 */

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../../e2e/harness/server.ts';

/** `cargo xtask test` sets the path of the one that it has unpacked. */
const PROMTOOL = process.env.JOBLINE_PROMTOOL ?? 'promtool';
const DEPLOY = new URL('../../../deploy/prometheus/', import.meta.url).pathname;

const promtool = (input: string, ...args: string[]) =>
  execFileSync(PROMTOOL, args, { cwd: DEPLOY, input, encoding: 'utf8' });

let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server?.remove());

test('the alert rules are right, and fire when they should and not before', () => {
  expect(promtool('', 'check', 'rules', 'alerts.yaml')).toMatch(/SUCCESS: \d+ rules found/);
  expect(promtool('', 'test', 'rules', 'tests.yaml')).toContain('SUCCESS');
});

test('the metrics of a server that was used have nothing that Prometheus advises against', async () => {
  const api = await server.api();
  await api.job(7, 'Paint the fence', ['anna', 'ben'], 'open');
  await api.say('anna', 'ben', 'Hello');
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('jobline_requests_total{procedure="send",status="200"} 1');
  // It prints what it advises against and fails; otherwise it prints nothing.
  expect(promtool(metrics, 'check', 'metrics')).toBe('');
});
