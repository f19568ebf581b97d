import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['jobline-source'] },
  ssr: { resolve: { conditions: ['jobline-source'] } },
  // A deadline, for machines that do more than this.
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
