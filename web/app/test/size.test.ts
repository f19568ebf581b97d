import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test, vi } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bytes of every script that a build makes, each compressed as a server would send it. */
async function scripts(configFile: string): Promise<number> {
  // Otherwise Preact would come as developers need it, larger than what is served.
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
  const codes = chunks.flatMap(chunk => (chunk.type === 'chunk' ? chunk.code : []));
  expect(codes.length).toBeGreaterThan(0);
  const bytes = codes.reduce((sum, code) => sum + gzipSync(code, { level: 9 }).length, 0);
  console.log(`${configFile}: ${bytes} bytes gzipped.`);
  return bytes;
}

test('all scripts of the app, service worker and SDK included, have at most 46 KB', async () => {
  expect(await scripts('vite.config.ts')).toBeLessThanOrEqual(46_000);
}, 60_000);

test('the element, which brings its styles and every language in one script, has at most 56 KB', async () => {
  expect(await scripts('vite.element.config.ts')).toBeLessThanOrEqual(56_000);
}, 60_000);
