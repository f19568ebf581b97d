import { defineConfig } from 'vite';
import { resolve, target } from './vite.base.ts';

/** The scripts that `<jobline-chat>` loads from beside itself: live connections, recording, and the emoji picker with its names. */
export default defineConfig({
  resolve,
  base: './',
  build: {
    target,
    emptyOutDir: false,
    copyPublicDir: false,
    modulePreload: false,
    rollupOptions: {
      input: {
        'jobline-live': '../sdk/src/live/index.ts',
        'jobline-voice': 'src/voice/index.ts',
        'jobline-emoji': 'src/emoji/index.ts',
      },
      preserveEntrySignatures: 'strict',
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'jobline-emoji-[name].js' },
    },
  },
});
