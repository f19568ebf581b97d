// Compresses every file of a folder beside itself, once and as hard as it goes, so that no request has to: `app.js.br`
// and `app.js.gz` next to `app.js`. Pictures are compressed already, and what does not get smaller is left alone.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TEXT = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt', '.webmanifest', '.ico']);

const [folder] = process.argv.slice(2);
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.has(extname(entry.name))) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = await readFile(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await keep(`${path}.br`, await promisify(brotliCompress)(bytes, { params }), bytes.length);
  await keep(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }), bytes.length);
}

async function keep(path, packed, length) {
  if (packed.length < length) await writeFile(path, packed);
  else await rm(path, { force: true });
}
