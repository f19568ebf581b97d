/** One file on its way: a place for it, then its bytes. */

import { type Api, problemIn } from './api.ts';
import { failure, JoblineError } from './errors.ts';
import type { HttpCall, Ports } from './ports.ts';
import type { OutboxFile } from './rows.ts';
import { within } from './time.ts';

/** How long an upload may take: 10 MB at 17 kB/s. */
const GIVE_UP_MS = 10 * 60_000;

/**
 * Uploads `bytes` under a URL of its own and answers the `fileUrl` for `send`. URLs are good for five minutes and one file,
 * so each attempt gets another; what an attempt leaves behind is swept by the server.
 *
 * `begun` is told how to cancel: then this rejects with `cancelled`.
 */
export async function upload(
  { api, ports }: { readonly api: Api; readonly ports: Ports },
  to: string,
  file: OutboxFile,
  bytes: ArrayBuffer,
  onProgress: (sent: number) => void,
  begun: (cancel: () => void) => void,
): Promise<string> {
  let cancelled = false;
  let call: HttpCall | undefined;
  begun(() => {
    cancelled = true;
    call?.cancel();
  });
  try {
    const { name: fileName, size: fileSize, contentType } = file;
    const target = await api.call('uploadFile', { receiverId: to, fileName, fileSize, contentType });
    if (cancelled) throw target;
    const url = api.url(target.uploadUrl);
    call = ports.http({ method: 'PUT', url, headers: target.headers, body: bytes, onProgress });
    const answer = await within(ports.clock, GIVE_UP_MS, call.answer);
    if (answer.status >= 300) throw new JoblineError(problemIn(answer));
    return target.fileUrl;
  } catch (error) {
    call?.cancel();
    throw cancelled ? failure('cancelled', 'Cancelled.') : error;
  }
}
