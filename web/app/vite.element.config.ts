import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { resolve, target } from './vite.base.ts';
import { partLoader } from './vite.parts.ts';

/** What holds live connections: the one part of the element that is a script of its own. */
const LIVE = fileURLToPath(new URL('../sdk/src/live/', import.meta.url));

/** How the client asks for it. */
const IMPORT = "import('./live/index.ts')";

/**
 * The element loads the script for live connections from beside itself, by its whole address: scripts of another
 * origin have no place that a relative one could begin at. Its name says which version of it belongs to the element,
 * for browsers keep each of them for a while.
 */
function liveBesideIt(): Plugin {
  const hash = createHash('sha256');
  for (const name of readdirSync(LIVE).sort()) hash.update(readFileSync(LIVE + name));
  const name = `jobline-live.js?${hash.digest('hex').slice(0, 12)}`;
  return {
    name: 'jobline-live-beside-it',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/sdk/src/session.ts')) return undefined;
      if (!code.includes(IMPORT)) return this.error(`${id} has no ${IMPORT}.`);
      return code.replace(IMPORT, `import(/* @vite-ignore */ new URL('${name}', joblineScript).href)`);
    },
  };
}

/** `<jobline-chat>`: one script without a hash in its name, for pages of others to load. */
export default defineConfig({
  resolve,
  plugins: [partLoader('export const __vitePreload = part => part();'), liveBesideIt()],
  build: {
    target,
    emptyOutDir: false,
    copyPublicDir: false,
    // There is one script: nothing to load before it.
    modulePreload: false,
    rollupOptions: {
      // What Vite adds to imports on demand asks for it; in one script it does nothing.
      transform: { define: { 'import.meta': '{}' } },
      input: 'src/element.tsx',
      output: {
        format: 'iife',
        entryFileNames: 'jobline-chat.js',
        intro: 'const joblineScript = document.currentScript?.src;',
      },
    },
  },
});
