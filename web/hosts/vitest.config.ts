import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/packages.ts',
    // Deadlines, for machines that do more than this: programs are installed, built and run.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each file starts programs of its own.
    maxWorkers: 2,
  },
});
