/** Files of the server in memory: announced, uploaded, and used in one message. */

import type { UploadFile } from '../src/generated/contract.ts';
import { FILE_BYTES } from '../src/generated/limits.ts';
import type { HttpRequest } from '../src/index.ts';
import type { Data } from './data.ts';
import { iso, Refusal, type StoredFile, type Talk } from './stored.ts';

export class Uploads {
  readonly #data: Data;
  readonly #files = new Map<string, StoredFile>();
  #announced = 0;

  constructor(data: Data) {
    this.#data = data;
  }

  /** Announces a file. */
  upload(me: string, input: UploadFile) {
    const talk = this.#data.talk(me, input);
    this.#data.permit(me, talk, undefined);
    if (input.fileSize > FILE_BYTES)
      throw new Refusal(413, 'file_too_large', 'At most 10 MB.', { field: 'fileSize' });
    if (/html|svg|script/.test(input.contentType)) {
      throw new Refusal(400, 'invalid_file', 'This type is not accepted.', { field: 'contentType' });
    }
    const id = `file_${++this.#announced}`;
    const until = this.#data.clock.now() + 5 * 60_000;
    const file = { owner: me, conversation: talk.id, announced: input, until, arrived: false, used: false };
    this.#files.set(id, file);
    const headers = { 'Content-Type': input.contentType };
    return {
      uploadUrl: `/upload/${id}`,
      method: 'PUT',
      headers,
      fileUrl: `/files/${id}`,
      expiresAt: iso(until),
    };
  }

  /** Takes its bytes. */
  put(id: string, { body, onProgress }: HttpRequest): object {
    const file = this.#files.get(id);
    if (!file || this.#data.clock.now() > file.until)
      throw new Refusal(403, 'invalid_file', 'Too late.', { field: 'fileUrl' });
    if (file.arrived) throw new Refusal(409, 'file_already_used', 'These bytes are here already.');
    const size = typeof body === 'object' ? body.byteLength : 0;
    if (size !== file.announced.fileSize)
      throw new Refusal(400, 'invalid_file', 'Wrong size.', { field: 'fileSize' });
    onProgress?.(size / 2);
    onProgress?.(size);
    file.arrived = true;
    return {};
  }

  /** The file of a message that is sent. */
  use(me: string, talk: Talk, id: string): StoredFile {
    const file = this.#files.get(id);
    const where = { field: 'fileUrl' };
    if (!file || file.owner !== me || file.conversation !== talk.id)
      throw new Refusal(400, 'invalid_file', 'Not yours.', where);
    if (file.used) throw new Refusal(409, 'file_already_used', 'It is in a message already.', where);
    if (!file.arrived) throw new Refusal(400, 'file_not_uploaded', 'Upload it first.', where);
    return file;
  }

  /** The bytes of a file are there. */
  arrive(id: string): void {
    const file = this.#files.get(id);
    if (file) file.arrived = true;
  }

  /** Bytes that waited too long for their message are gone. */
  loseFiles(): void {
    for (const file of this.#files.values()) if (!file.used) file.arrived = false;
  }
}
