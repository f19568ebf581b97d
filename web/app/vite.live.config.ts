import { defineConfig } from 'vite';

/** The script for live connections that `<jobline-chat>` loads from beside itself. */
export default defineConfig({
  resolve: { conditions: ['jobline-source', 'module', 'browser', 'development|production'] },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    emptyOutDir: false,
    copyPublicDir: false,
    modulePreload: false,
    rollupOptions: {
      input: '../sdk/src/live/index.ts',
      preserveEntrySignatures: 'strict',
      output: { format: 'es', entryFileNames: 'jobline-live.js' },
    },
  },
});
