import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { resolve, target } from './vite.base.ts';
import { partLoader } from './vite.parts.ts';

/** A part of the element that is a script of its own, beside it. */
interface Beside {
  readonly script: string;
  /** Which module asks for it, and how. */
  readonly asker: string;
  readonly import: string;
  /** What it is made of. */
  readonly folders: readonly string[];
}

const BESIDE: readonly Beside[] = [
  {
    script: 'jobline-live.js',
    asker: '/sdk/src/session.ts',
    import: "import('./live/index.ts')",
    folders: ['../sdk/src/live/'],
  },
  {
    script: 'jobline-emoji.js',
    asker: '/app/src/views/EmojiPanel.tsx',
    import: "import('../emoji/index.ts')",
    folders: ['src/emoji/'],
  },
  {
    script: 'jobline-voice.js',
    asker: '/app/src/views/useRecorder.ts',
    import: "import('../voice/index.ts')",
    folders: ['src/voice/', '../sdk/src/voice/'],
  },
];

/**
 * The element loads these parts from beside itself, by their whole address: scripts of another origin have no place that a
 * relative one could begin at. Its name says which version of it belongs to the element, for browsers keep each of them
 * for a while. What could not be loaded is asked for under another address the next time: browsers other than Chrome
 * remember by the address that it failed.
 */
function besideIt({ script, asker, import: asked, folders }: Beside): Plugin {
  const hash = createHash('sha256');
  for (const folder of folders.map(path => fileURLToPath(new URL(path, import.meta.url))))
    for (const file of readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile()))
      hash.update(readFileSync(folder + file.name));
  const name = `${script}?${hash.digest('hex').slice(0, 12)}`;
  return {
    name: `${script}-beside-it`,
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(asker)) return undefined;
      if (!code.includes(asked)) return this.error(`${id} has no ${asked}.`);
      return code.replace(
        asked,
        `import(/* @vite-ignore */ new URL('${name}' + joblineAttempt, joblineScript).href).catch(error => {
          joblineAttempt = '&' + Date.now();
          throw error;
        })`,
      );
    },
  };
}

/** The languages besides English name their messages by the place in English, which costs less than every name again. */
function namesOnce(): Plugin {
  return {
    name: 'jobline-names-once',
    enforce: 'pre',
    load(id) {
      const [, folder] = /^(.*\/i18n\/messages\/)(?!en)\w+\.json$/.exec(id) ?? [];
      if (!folder) return undefined;
      const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));
      const texts = read(id);
      const names = Object.keys(read(`${folder}en.json`));
      if (names.join() !== Object.keys(texts).join())
        return this.error(`${id} has not the names of en.json.`);
      const code = `import en from './en.json';
        const texts = ${JSON.stringify(Object.values(texts))};
        export default Object.fromEntries(Object.keys(en).map((name, at) => [name, texts[at]]));`;
      return { code, moduleType: 'js' };
    },
  };
}

/**
 * In one script an import on demand loads nothing. As plain imports the modules need no function around each of them, by which
 * it would run when it is first asked for.
 */
function allAtOnce(): Plugin {
  return {
    name: 'jobline-all-at-once',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/(app|sdk)\/src\//.test(id)) return undefined;
      const paths: string[] = [];
      const asked = code.replace(/(?<!typeof )\bimport\(('\.[^']+')\)/g, (_, path: string) => {
        paths.push(path);
        return `Promise.resolve(joblinePart${paths.length})`;
      });
      const imports = paths.map((path, at) => `import * as joblinePart${at + 1} from ${path};`);
      return paths.length ? `${imports.join('')}\n${asked}` : undefined;
    },
  };
}

/** What the app alone draws, behind `menu` of its surroundings, which an embedded chat has not: it does not carry it. */
const OF_THE_APP = [
  ['views/SettingsDialog.tsx', 'SettingsDialog'],
  ['account/PushOffer.tsx', 'PushOffer'],
] as const;

function withoutTheApp(): Plugin {
  return {
    name: 'jobline-without-the-app',
    enforce: 'pre',
    load(id) {
      const [, view] = OF_THE_APP.find(([file]) => id.endsWith(`/app/src/${file}`)) ?? [];
      return view && `export const ${view} = () => null;`;
    },
    buildEnd() {
      const there = [...this.getModuleIds()];
      for (const [file] of OF_THE_APP)
        if (!there.some(id => id.endsWith(`/app/src/${file}`)))
          this.error(`${file} is not part of it any more.`);
    },
  };
}

/** `<jobline-chat>`: one script without a hash in its name, for pages of others to load. */
export default defineConfig({
  resolve,
  plugins: [
    partLoader('export const __vitePreload = part => part();'),
    ...BESIDE.map(besideIt),
    allAtOnce(),
    namesOnce(),
    withoutTheApp(),
  ],
  build: {
    target,
    emptyOutDir: false,
    copyPublicDir: false,
    // There is one script: nothing to load before it.
    modulePreload: false,
    rollupOptions: {
      // What Vite adds to imports on demand asks for it; in one script it does nothing.
      transform: { define: { 'import.meta': '{}' } },
      input: 'src/element.tsx',
      output: {
        format: 'iife',
        entryFileNames: 'jobline-chat.js',
        intro: "const joblineScript = document.currentScript?.src; let joblineAttempt = '';",
      },
    },
  },
});
