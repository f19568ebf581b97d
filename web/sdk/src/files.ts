/** Files that are to be sent. */

import type { FileLike, FileMeta } from './client.ts';
import { failure } from './errors.ts';
import { FILE_BYTES } from './generated/limits.ts';
import type { OutboxFile } from './rows.ts';

/** The bytes of a file, and its metadata. Rejects with `file_too_large` and `invalid_file`. */
export async function read(
  file: FileLike,
  meta: FileMeta,
): Promise<{ file: OutboxFile; bytes: ArrayBuffer }> {
  const { width, height, voice, name = file.name ?? 'file', contentType = file.type } = meta;
  if (file.size > FILE_BYTES) throw failure('file_too_large', '10 MB are accepted.');
  const bytes = await file.arrayBuffer().catch(() => {
    throw failure('invalid_file', 'It cannot be read.');
  });
  const size = bytes.byteLength;
  if (size === 0) throw failure('invalid_file', 'It is empty.');
  const dimensions = width && height ? { width, height } : undefined;
  return { file: { name, size, contentType, dimensions, voice }, bytes };
}
