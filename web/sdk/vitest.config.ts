import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['jobline-source'] },
  ssr: { resolve: { conditions: ['jobline-source'] } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000 },
});
