/** Files on their way to the server. */

import { type Api, problemIn } from './api.ts';
import { JoblineError } from './errors.ts';
import type { HttpCall, Ports } from './ports.ts';
import type { OutboxFile } from './rows.ts';
import { answerOf } from './time.ts';

/** How long an upload may take: 10 MB at 17 kB/s. */
const GIVE_UP_MS = 10 * 60_000;

/**
 * Uploads `bytes` under a URL of its own and answers the `fileUrl` for `send`. URLs are good for five minutes and one file,
 * so each attempt gets another; what an attempt leaves behind is swept by the server.
 *
 * `begun` is told the call, to cancel it: then this rejects as when the connection is lost.
 */
export async function upload(
  { api, ports }: { readonly api: Api; readonly ports: Ports },
  to: string,
  { name: fileName, size: fileSize, contentType }: OutboxFile,
  body: ArrayBuffer,
  onProgress: (sent: number) => void,
  begun: (call: HttpCall) => void,
): Promise<string> {
  const target = await api.call('uploadFile', { receiverId: to, fileName, fileSize, contentType });
  const url = api.url(target.uploadUrl);
  const call = ports.http({ method: 'PUT', url, headers: target.headers, body, onProgress });
  begun(call);
  const answer = await answerOf(call, ports.clock, GIVE_UP_MS);
  if (answer.status >= 300) throw new JoblineError(problemIn(answer));
  return target.fileUrl;
}
