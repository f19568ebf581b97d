/** Packs the packages as they would be published, once for all tests. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export const NAMES = ['sdk', 'react'] as const;

declare module 'vitest' {
  interface ProvidedContext {
    /** The tarballs, in the order of `NAMES`. */
    tarballs: string[];
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'jobline-packages-'));
  const packed = NAMES.map(name => {
    const cwd = new URL(`../../${name}/`, import.meta.url).pathname;
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd, stdio: 'pipe' });
    return join(folder, `jobline-${name}-0.1.0.tgz`);
  });
  project.provide('tarballs', packed);
  return () => rmSync(folder, { recursive: true, force: true });
}
