import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['jobline-source'] },
  ssr: { resolve: { conditions: ['jobline-source'] } },
  // A deadline, for machines that do more than this: what takes time is moved by hand.
  test: { include: ['test/**/*.test.ts'], testTimeout: 120_000 },
});
