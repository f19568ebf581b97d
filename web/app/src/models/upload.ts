import type { FileLike } from '@jobline/sdk';
import { typeOf } from '../media/kinds.ts';
import { FILE_LIMIT } from './limits.ts';

/** Why a file cannot be sent, as the name of its text. */
export type Refusal = 'fileTooLarge' | 'fileEmpty' | 'fileKind' | 'fileUnreadable';

/** Why `file` cannot be sent, before it is processed. Photos may be larger: they are shrunk first. */
export function refusal(file: FileLike, photo: boolean): Refusal | undefined {
  if (file.size === 0) return 'fileEmpty';
  if (!typeOf(file.name ?? '', file.type)) return 'fileKind';
  return !photo && file.size > FILE_LIMIT ? 'fileTooLarge' : undefined;
}
