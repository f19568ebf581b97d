import { defineConfig } from 'vite';
import { resolve, target } from './vite.base.ts';

/** The script for live connections that `<jobline-chat>` loads from beside itself. */
export default defineConfig({
  resolve,
  build: {
    target,
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
