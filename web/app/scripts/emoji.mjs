// Writes src/emoji/generated/names: what each emoji of list.json beside it is called in each language of the app, its name
// first and then the words that it is found by. They are those of Unicode's CLDR, of which a build needs so little that its
// packages are not installed with the others:
//
//   cd $(mktemp -d) && npm install cldr-annotations-full@48.2.0 cldr-annotations-derived-full@48.2.0
//   node <this file> node_modules

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [packages] = process.argv.slice(2);
if (!packages) throw new Error('Name the node_modules folder with cldr-annotations-full and -derived-full.');

const here = new URL('../src/emoji/generated/', import.meta.url);
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const bare = text => text.replaceAll('\uFE0F', '');

const offered = read(new URL('list.json', here)).flatMap(({ emoji }) => emoji.map(all => all.split(' ')[0]));

for (const language of ['en', 'es', 'ar']) {
  const of = (name, folder) =>
    read(join(packages, name, folder, language, 'annotations.json'))[folder].annotations;
  const said = {
    ...of('cldr-annotations-derived-full', 'annotationsDerived'),
    ...of('cldr-annotations-full', 'annotations'),
  };
  const words = Object.fromEntries(
    offered.map(emoji => {
      const { tts, default: found = [] } = said[bare(emoji)] ?? said[emoji] ?? {};
      if (!tts) throw new Error(`CLDR has no name of ${emoji} in ${language}.`);
      return [emoji, [...new Set([...tts, ...found])].join('|')];
    }),
  );
  writeFileSync(new URL(`names/${language}.json`, here), `${JSON.stringify(words)}\n`);
}
