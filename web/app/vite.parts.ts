import type { Plugin } from 'vite';

const LOADER = `export const __vitePreload = part => part().catch(error => {
  const event = new Event('vite:preloadError', { cancelable: true });
  event.payload = error;
  dispatchEvent(event);
  if (!event.defaultPrevented) throw error;
});`;

/**
 * What Vite puts around imports on demand loads styles and other chunks before them. Here neither exists: styles are
 * one file, and what parts share is in the first script. Left of it is the event for a part that could not be loaded.
 */
export function partLoader(loader = LOADER): Plugin {
  return {
    name: 'jobline-part-loader',
    apply: 'build',
    enforce: 'pre',
    load: id => (id.endsWith('vite/preload-helper.js') ? loader : undefined),
  };
}
