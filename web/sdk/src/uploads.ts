/** One file on its way: a place for it, then its bytes. */

import { type Api, problemIn } from './api.ts';
import { failure, JoblineError } from './errors.ts';
import type { Clock, Http, HttpCall } from './ports.ts';
import type { OutboxFile } from './rows.ts';

/** How long an upload may stand still. */
const STILL_MS = 60_000;

export interface Upload {
  /** Resolves with the `fileUrl` for `send`, once all bytes have arrived. */
  readonly done: Promise<string>;
  /** `done` rejects with `cancelled`, if it is not too late. */
  cancel(): void;
}

/**
 * Uploads `bytes` under a URL of its own: URLs are good for five minutes and one file, so each attempt gets another. What
 * an attempt leaves behind is swept by the server.
 */
export function upload(
  parts: { readonly api: Api; readonly http: Http; readonly clock: Clock },
  to: string,
  file: OutboxFile,
  bytes: ArrayBuffer,
  progress: (sent: number) => void,
): Upload {
  let cancelled = false;
  let call: HttpCall | undefined;
  const check = () => {
    if (cancelled) throw failure('cancelled', 'The upload was cancelled.');
  };
  const run = async (): Promise<string> => {
    const { name: fileName, size: fileSize, contentType } = file;
    const target = await parts.api.call('uploadFile', { receiverId: to, fileName, fileSize, contentType });
    check();
    const still = alarm(parts.clock, () => call?.cancel());
    const onProgress = (sent: number) => {
      still.postpone();
      if (!cancelled) progress(sent);
    };
    const url = parts.api.url(target.uploadUrl);
    call = parts.http({ method: 'PUT', url, headers: target.headers, body: bytes, onProgress });
    try {
      const answer = await call.answer;
      check();
      if (answer.status >= 300) throw new JoblineError(problemIn(answer));
      return target.fileUrl;
    } catch (error) {
      check();
      throw error;
    } finally {
      still.stop();
    }
  };
  const cancel = () => {
    cancelled = true;
    call?.cancel();
  };
  return { done: run(), cancel };
}

/** Rings when nobody postpones it for a minute. */
function alarm(clock: Clock, ring: () => void): { postpone(): void; stop(): void } {
  let stop = clock.after(STILL_MS, ring);
  const postpone = () => {
    stop();
    stop = clock.after(STILL_MS, ring);
  };
  return { postpone, stop: () => stop() };
}
