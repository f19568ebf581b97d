import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const run = promisify(execFile);

const OPTIONS = {
  strict: true,
  noEmit: true,
  target: 'ES2022',
  module: 'ESNext',
  moduleResolution: 'Bundler',
  lib: ['ES2022', 'DOM'],
  jsx: 'react-jsx',
  isolatedModules: true,
  types: [],
};

/** What the compiler prints about these files in a project with React: nothing if all is right. */
async function compiled(files: Readonly<Record<string, string>>): Promise<string> {
  // Beside the packages, which are resolved upwards from here.
  const folder = await mkdtemp(path('embedding-'));
  try {
    const all = { ...files, 'tsconfig.json': JSON.stringify({ compilerOptions: OPTIONS }) };
    for (const [name, text] of Object.entries(all)) await writeFile(`${folder}/${name}`, text);
    await run(process.execPath, [path('../../node_modules/typescript/bin/tsc'), '-p', folder]);
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The code blocks of the guide in a language. */
async function blocks(language: string): Promise<string[]> {
  const guide = await readFile(path('../../../docs/embedding.md'), 'utf8');
  return [...guide.matchAll(new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  );
}

test('the TypeScript of docs/embedding.md compiles as it stands', async () => {
  const [views, declarations] = [await blocks('tsx'), await blocks('ts')];
  expect([views.length, declarations.length]).toEqual([1, 1]);
  const files = {
    'Chat.tsx': views.join('\n'),
    'jobline-chat.d.ts': declarations.join('\n'),
    // The second way that the guide names.
    'Short.tsx': `declare function getToken(): Promise<string>;
      export const Short = () => <jobline-chat getToken={getToken} conversation-with="anna" job={42} />;`,
  };
  expect(await compiled(files)).toBe('');
  // Errors would be reported: without the declaration there is no such element, and a job is a number.
  expect(await compiled({ 'Chat.tsx': files['Chat.tsx'] })).toContain(
    "Property 'jobline-chat' does not exist",
  );
  const wrong = 'export const Wrong = () => <jobline-chat job="42" />;';
  expect(await compiled({ ...files, 'Wrong.tsx': wrong })).toContain('Wrong.tsx');
}, 60_000);
