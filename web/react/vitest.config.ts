import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Where a version of React is installed: each in a package of its own, since all have the same name. */
const installed = (workspace: string) => {
  const { resolve } = createRequire(new URL(`../${workspace}/package.json`, import.meta.url));
  return ['react-dom', 'react'].map(name => ({
    find: new RegExp(`^${name}(?=$|/)`),
    replacement: dirname(resolve(`${name}/package.json`)),
  }));
};

/** The same tests with each version of React that the package supports. */
const projects = Object.entries({ 18: 'react-18', 19: 'react' }).map(([version, workspace]) => ({
  resolve: { alias: installed(workspace), conditions: ['jobline-source'] },
  ssr: { resolve: { conditions: ['jobline-source'] } },
  test: {
    name: `React ${version}`,
    include: ['test/**/*.test.ts'],
    environment: 'happy-dom',
    env: { REACT_MAJOR: version },
    // A deadline, for machines that do more than this: what takes time is moved by hand.
    testTimeout: 60_000,
  },
}));

export default defineConfig({ test: { projects } });
