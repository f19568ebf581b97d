/** The published package: its size, its types, its files, and its README. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types.
import { generate, generateLimits, read, written, writtenLimits } from '../scripts/generate.mjs';
import { CLIENT_ID_BYTES, CONTENT_CHARACTERS, FILE_BYTES } from '../src/index.ts';

const here = new URL('..', import.meta.url).pathname;

test('the generated types are those of the OpenAPI document; if not: npm run generate -w sdk', () => {
  expect(written()).toBe(generate(read()));
});

test('the limits are those of the OpenAPI document, and exported', () => {
  expect(writtenLimits()).toBe(generateLimits(read()));
  expect([CONTENT_CHARACTERS, CLIENT_ID_BYTES, FILE_BYTES]).toEqual([2000, 64, 10_485_760]);
  // The list of types is a limit, too, once it is in the document.
  const document = read();
  document.components.schemas.UploadFile.properties.contentType.enum = ['image/png', 'text/csv'];
  expect(generateLimits(document)).toContain("FILE_TYPES = ['image/png', 'text/csv'] as const;");
  delete document.components.schemas.SendMessage.properties.content.maxLength;
  expect(() => generateLimits(document)).toThrow(/no maxLength for SendMessage.content/);
});

test('the client with IndexedDB and the browser ports is at most 16 KB gzipped', async () => {
  const output = { format: 'es' as const, minify: true };
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: here,
    resolve: { conditions: ['jobline-source'] },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: `${here}src/browser/index.ts`,
        preserveEntrySignatures: 'allow-extension',
        output,
      },
    },
  });
  const [chunk, ...others] = (built as Rolldown.RolldownOutput).output;
  const size = gzipSync(chunk.code, { level: 9 }).length;
  expect(chunk.code).toContain('XMLHttpRequest');
  expect(size).toBeLessThanOrEqual(16 * 1024);
  console.log(`The client: ${chunk.code.length} bytes minified, ${size} gzipped.`);
  // The chunks that are loaded on demand, with all that they import.
  for (const name of ['onDemand', 'live']) {
    const part = others.find(one => one.type === 'chunk' && one.name === name) as Rolldown.OutputChunk;
    const bytes = gzipSync(part.code, { level: 9 }).length;
    expect(bytes, name).toBeLessThanOrEqual(5 * 1024);
    console.log(`${name}: ${bytes} gzipped.`);
  }
});

test('the core uses no browser global, and the package has no runtime dependency', () => {
  const manifest = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
  expect(manifest.dependencies).toBeUndefined();
  expect(manifest).toMatchObject({ license: 'MIT', sideEffects: false, type: 'module' });
  const core = readdirSync(`${here}src`).filter(name => name.endsWith('.ts'));
  expect(core).toContain('session.ts');
  const live = readdirSync(`${here}src/live`).map(name => `live/${name}`);
  // The element loads it as a separate script, which gets from the client what it needs.
  for (const name of live)
    expect(readFileSync(`${here}src/${name}`, 'utf8'), name).not.toMatch(/^import (?!type).*'\.\.\//m);
  for (const name of [...core, ...live, 'cache/memory.ts', 'cache/port.ts']) {
    const code = readFileSync(`${here}src/${name}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code, name).not.toMatch(
      /\b(window|document|navigator|localStorage|indexedDB|fetch\(|setTimeout|Date\.now)\b/,
    );
    expect(code, name).not.toMatch(/from '(?!\.)/);
  }
});

test('the package holds sources, types, licence and README, and no tests', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: here,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const path of ['LICENSE', 'README.md', 'package.json', 'src/browser/index.ts'])
    expect(paths).toContain(path);
  expect(paths.filter(path => /^(test|testing|scripts)\//.test(path))).toEqual([]);
});

test('the examples in the README compile', () => {
  const readme = readFileSync(`${here}README.md`, 'utf8');
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const checked = readFileSync(`${here}test/readme.ts`, 'utf8').replace(/^[\s\S]*?\/\/ README\n/, '');
  expect(checked.trim()).toBe(example.trim());
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(12);
});
