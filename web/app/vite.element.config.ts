import { defineConfig } from 'vite';

/** `<jobline-chat>`: one script without a hash in its name, for pages of others to load. */
export default defineConfig({
  resolve: { conditions: ['jobline-source', 'module', 'browser', 'development|production'] },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    emptyOutDir: false,
    copyPublicDir: false,
    // There is one script: nothing to load before it.
    modulePreload: false,
    rollupOptions: {
      // What Vite adds to imports on demand asks for it; in one script it does nothing.
      transform: { define: { 'import.meta': '{}' } },
      input: 'src/element.tsx',
      output: { format: 'iife', entryFileNames: 'jobline-chat.js' },
    },
  },
});
