import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test, vi } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bytes of the scripts that a build loads first, each compressed as a server sends it. */
async function scripts(configFile: string): Promise<number> {
  // Otherwise the development build of Preact is bundled, which is larger than what is served.
  vi.stubEnv('NODE_ENV', 'production');
  const made = await build({
    root,
    configFile: `${root}/${configFile}`,
    logLevel: 'silent',
    build: { write: false },
  });
  vi.unstubAllEnvs();
  const results = Array.isArray(made) ? made : [made];
  const chunks = results.flatMap(result => ('output' in result ? result.output : []));
  const codes = chunks.flatMap(chunk => (chunk.type === 'chunk' ? chunk : []));
  expect(codes.length).toBeGreaterThan(0);
  // The entries: those that the page names, and those without a page: the worker and the element.
  const pages = chunks.flatMap(chunk =>
    chunk.fileName.endsWith('.html') ? String('source' in chunk && chunk.source) : [],
  );
  const isFirst = (name: string) => !name.startsWith('assets/') || pages.some(page => page.includes(name));
  const first = new Set(codes.map(chunk => chunk.fileName).filter(isFirst));
  expect(first.size).toBe(configFile === 'vite.config.ts' ? 2 : 1);
  // It grows during the loop, since imported scripts import others.
  for (const name of first) {
    for (const other of codes.find(chunk => chunk.fileName === name)?.imports ?? []) first.add(other);
  }
  const bytes = codes
    .filter(chunk => first.has(chunk.fileName))
    .reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
  console.log(`${configFile}: ${bytes} bytes gzipped.`);
  return bytes;
}

test('what the app loads first, service worker and SDK included, is at most 46 KB', async () => {
  expect(await scripts('vite.config.ts')).toBeLessThanOrEqual(46 * 1024);
}, 60_000);

test('the element, one script with its styles and every language, is at most 80 KB', async () => {
  expect(await scripts('vite.element.config.ts')).toBeLessThanOrEqual(80 * 1024);
}, 60_000);
