import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['jobline-source'] },
  ssr: { resolve: { conditions: ['jobline-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // A deadline, for machines that do more than this: what takes time is moved by hand.
    testTimeout: 120_000,
    // On two cores Vitest would take one. These tests mostly wait for turns of the event loop.
    maxWorkers: 2,
  },
});
