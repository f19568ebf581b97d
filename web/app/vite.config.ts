/// <reference types="vitest/config" />

import { createHash } from 'node:crypto';
// Of Vitest the types alone: builds of the app have no test runner.
import { defineConfig, type Plugin } from 'vite';
import { resolve, target } from './vite.base.ts';
import { partLoader } from './vite.parts.ts';

/** Writes into the service worker which files there are, but for the emoji: it keeps them when they were asked for. */
function fileList(): Plugin {
  return {
    name: 'jobline-file-list',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') return this.error('There is no service worker in this build.');
      const files = Object.keys(bundle)
        .filter(name => name.startsWith('assets/') && !name.startsWith('assets/emoji-'))
        .sort();
      const all = [...files, 'manifest.webmanifest', 'icon.svg'];
      const version = createHash('sha256').update(all.join()).digest('hex').slice(0, 12);
      worker.code = worker.code
        .replaceAll('__FILES__', JSON.stringify(all))
        .replaceAll('__VERSION__', JSON.stringify(version));
    },
  };
}

const server = process.env.JOBLINE_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // The server may be reached below any path.
  base: './',
  resolve,
  // Tests run in Node.
  ssr: { resolve: { conditions: ['jobline-source'] } },
  plugins: [fileList(), partLoader()],
  build: {
    target,
    // Data URLs would let more into the policy than the app needs.
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      input: { app: 'index.html', sw: 'src/worker/sw.ts' },
      output: {
        // The names of all parts stand in the app and in the worker, and 36 bits tell the versions of one apart.
        entryFileNames: chunk => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash:6].js'),
        chunkFileNames: ({ facadeModuleId }) =>
          facadeModuleId?.includes('/app/src/emoji/')
            ? 'assets/emoji-[hash:6].js'
            : 'assets/[name]-[hash:6].js',
        assetFileNames: 'assets/[name]-[hash:6][extname]',
        // All that is loaded at first is one script, which compresses better than several.
        codeSplitting: { groups: [{ name: 'app', test: /app.src.main.tsx$/ }] },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['/messages', '/demo', '/files', '/openapi.json'].map(path => [path, server])),
  },
  test: { include: ['test/**/*.test.{ts,tsx}'] },
});
