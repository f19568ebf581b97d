import type { Plugin } from 'vite';

/**
 * Browsers other than Chrome remember that a script could not be loaded, so another attempt asks for it under another
 * address. The address that was loaded stays: another one would be a second copy of the part.
 */
const LOADER = `export const __vitePreload = part => part();
const attempts = {};
self.joblinePart = part => import(/* @vite-ignore */ part + (attempts[part] ?? '')).catch(error => {
  attempts[part] = '?' + Date.now();
  const event = new Event('vite:preloadError', { cancelable: true });
  event.payload = part;
  dispatchEvent(event);
  if (!event.defaultPrevented) throw error;
});`;

/** A part as the build asks for it: all of them are in one folder. */
const IMPORT = /\bimport(\(([`"'])\.\/[\w.-]+\.js\2\))/g;
/** What Vite puts around it to name what is used of the part. */
const AROUND =
  /\b\w+\(async\(\)=>\{let\{(\w+):(\w+)\}=await (joblinePart\([^()]+\));return\{\1:\2\}\},\[\],import\.meta\.url\)/g;

/**
 * What Vite puts around imports on demand loads styles and other chunks before them. Here neither exists: styles are
 * one file, and what parts share is in the first script. In its place parts are loaded by a function that tries again
 * what failed, and tells the event for a part that could not be loaded.
 */
export function partLoader(loader = LOADER): Plugin {
  return {
    name: 'jobline-part-loader',
    apply: 'build',
    load: {
      order: 'pre',
      handler: id =>
        id.endsWith('vite/preload-helper.js') ? { code: loader, moduleSideEffects: true } : undefined,
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk')
            chunk.code = chunk.code.replace(IMPORT, 'joblinePart$1').replace(AROUND, '$3');
      },
    },
  };
}
