/** The packages as npm gets them: installed into an empty project, and checked by `attw` and `publint`. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { NAMES } from './packages.ts';

const bin = new URL('../node_modules/.bin/', import.meta.url).pathname;
const tarballs = inject('tarballs');
let project: string;

/** Runs a program in the project. If it fails, its output is the error. */
function run(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'jobline-empty-project-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const types = ['@types/react@19', 'typescript@5.9'];
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, 'react@19', ...types);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each(NAMES)('attw and publint find nothing wrong with @jobline/%s', name => {
  const tarball = tarballs[NAMES.indexOf(name)] ?? '';
  run(`${bin}attw`, '--profile', 'esm-only', tarball);
  run(`${bin}publint`, '--strict', `${project}/node_modules/@jobline/${name}`);
});

test('attw and publint find what is wrong', () => {
  const path = join(project, 'wrong');
  execFileSync('cp', ['-r', join(project, 'node_modules/@jobline/react'), path]);
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  manifest.exports['.'] = { default: './dist/lost.js' };
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest));
  expect(() => run(`${bin}publint`, '--strict', path)).toThrow(/does not exist/);
  expect(() => run(`${bin}attw`, '--profile', 'esm-only', '--pack', path)).toThrow(/NoResolution|failed/);
});

test.each(['bundler', 'nodenext'])('types are found and checked with moduleResolution %s', resolution => {
  const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', module];
  const check = (file: string, code: string) => {
    writeFileSync(join(project, file), code);
    return run('npx', 'tsc', ...options, '--moduleResolution', resolution, '--lib', 'es2023,dom', file);
  };
  check(
    'right.ts',
    `import { JoblineProvider, useMessages } from '@jobline/react';
    import { JoblineError } from '@jobline/sdk';
    import { createJobline, type Jobline } from '@jobline/sdk/browser';
    import type { AppRouter } from '@jobline/sdk/trpc';
    export const client: Jobline = createJobline({ baseUrl: '', getToken: () => 'token' });
    export const text = (): string | undefined => useMessages({ with: 'ben', job: 7 }).messages[0]?.text;
    export type Router = AppRouter;
    export { JoblineError, JoblineProvider };`,
  );
  const wrong = `import { useMessages } from '@jobline/react'; useMessages({ withWhom: 'ben' });`;
  expect(() => check('wrong.ts', wrong)).toThrow(/withWhom/);
});

test('Node loads every entry', () => {
  const code = `const names = ['@jobline/sdk', '@jobline/sdk/browser', '@jobline/sdk/trpc', '@jobline/react'];
    for (const name of names) console.log(name, Object.keys(await import(name)).join());`;
  const listed = run('node', '--input-type=module', '--eval', code);
  expect(listed).toMatch(/@jobline\/sdk\/browser .*createJobline/);
  expect(listed).toMatch(/@jobline\/react .*useConversations/);
});
