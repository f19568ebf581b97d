// @vitest-environment node
/** What is published: its size, and what its README says. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';
import * as hooks from '../src/index.ts';

const here = new URL('..', import.meta.url).pathname;

test('the hooks are at most 2 KB gzipped, React and the SDK apart', async () => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: here,
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry: `${here}src/index.ts`, formats: ['es'] },
      rollupOptions: { external: /^(react|@jobline\/sdk)(\/|$)/ },
    },
  });
  const [{ output }] = built as [Rolldown.RolldownOutput];
  expect(output).toHaveLength(1);
  const size = gzipSync(output[0].code, { level: 9 }).length;
  expect(output[0].code).toContain('useSyncExternalStore');
  expect(size).toBeLessThanOrEqual(2048);
  console.log(`The hooks: ${size} gzipped.`);
});

test('the README names every hook, and its examples compile', () => {
  const readme = readFileSync(`${here}README.md`, 'utf8');
  for (const name of Object.keys(hooks)) expect(readme).toMatch(new RegExp(`\`<?${name}[ (]`));
  const [, example = ''] = /```tsx\n([\s\S]*?)```/.exec(readme) ?? [];
  const checked = readFileSync(`${here}test/readme.tsx`, 'utf8').replace(/^[\s\S]*?\/\/ README\n/, '');
  expect(checked).toBe(example.replaceAll("'@jobline/react'", "'../src/index.ts'"));
});
