import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

/** Builds scripts of the SDK, with all that they import, and returns the resulting chunks. */
export async function chunksOf(...inputs: string[]): Promise<Rolldown.OutputChunk[]> {
  const root = new URL('..', import.meta.url).pathname;
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root,
    resolve: { conditions: ['jobline-source'] },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: inputs.map(path => `${root}src/${path}`),
        preserveEntrySignatures: 'strict',
      },
    },
  });
  return (built as Rolldown.RolldownOutput).output.filter(chunk => chunk.type === 'chunk');
}

/** The size of a script as a server sends it, in bytes. */
export const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;
