/** Uploads of files. */

import { type Api, problemIn } from './api.ts';
import { failure, JoblineError } from './errors.ts';
import { addressed } from './messageCalls.ts';
import type { HttpAnswer, HttpCall, Ports } from './ports.ts';
import type { OutboxFile, OutboxRow } from './rows.ts';

/** How long an upload may stall, in milliseconds, while its bytes are sent. */
const STILL_MS = 60_000;
/** The same once all bytes are handed to the device's network, which may still buffer many of them. */
const ANSWER_MS = 3 * 60_000;
/** How often that is checked. */
const LOOK_MS = 10_000;

/** The answers of a URL that has expired, or belongs to another file: the next attempt gets a new one. */
const OVER = [403, 404, 410];
/** The answers if the bytes had arrived, and the answer was lost. */
const ARRIVED = [409, 412];

/** A running upload. */
interface Upload {
  /** Absent while its URL is requested. */
  call?: HttpCall;
  /** When bytes were last sent, by `Clock.elapsed`. */
  movedAt: number;
  allSent: boolean;
  /** It was aborted to start over. */
  again: boolean;
}

export class Uploads {
  readonly #api: Api;
  readonly #ports: Ports;
  readonly #running = new Map<string, Upload>();

  constructor(api: Api, ports: Ports) {
    this.#api = api;
    this.#ports = ports;
  }

  has(clientId: string): boolean {
    return this.#running.has(clientId);
  }

  /**
   * Uploads the bytes of a message and returns the `fileUrl` for `send`. URLs are valid for five minutes and one file, so
   * each attempt gets a new one; the server sweeps the uploads of failed attempts.
   *
   * Rejects with `network` if it stalls or is cancelled.
   */
  async put(
    { clientId, to }: OutboxRow,
    file: OutboxFile,
    bytes: ArrayBuffer,
    onProgress: (sent: number) => void,
  ): Promise<string> {
    const { name: fileName, size: fileSize, contentType } = file;
    const { clock, http } = this.#ports;
    const upload: Upload = { movedAt: clock.elapsed(), allSent: false, again: false };
    this.#running.set(clientId, upload);
    const moved = (sent: number) => {
      upload.movedAt = clock.elapsed();
      upload.allSent = sent >= fileSize;
      onProgress(sent);
    };
    try {
      for (let fresh = true; ; ) {
        moved(0);
        const target = await this.#api.call('uploadFile', {
          ...addressed(to),
          fileName,
          fileSize,
          contentType,
        });
        // It may have been cancelled before there was a call.
        if (!this.#running.has(clientId)) throw failure('network', 'Cancelled.');
        const url = this.#api.url(target.uploadUrl);
        upload.call = http({ method: 'PUT', url, headers: target.headers, body: bytes, onProgress: moved });
        const answer = await this.#answer(upload, upload.call);
        if (answer && (answer.status < 300 || ARRIVED.includes(answer.status))) return target.fileUrl;
        if (answer && !(fresh && OVER.includes(answer.status))) throw this.#problem(answer);
        if (answer) fresh = false;
      }
    } finally {
      this.#running.delete(clientId);
    }
  }

  /** Stops an upload, if it is running. */
  cancel(clientId: string): void {
    const upload = this.#running.get(clientId);
    this.#running.delete(clientId);
    upload?.call?.cancel();
  }

  /** Stops the uploads of messages that no longer exist. */
  keep(isThere: (clientId: string) => boolean): void {
    for (const clientId of this.#running.keys()) if (!isThere(clientId)) this.cancel(clientId);
  }

  /** Restarts uploads that have stalled for `still` milliseconds, since their connection may be dead. */
  renew(still: number): void {
    const latest = this.#ports.clock.elapsed() - still;
    for (const upload of this.#running.values()) {
      if (upload.movedAt > latest || !upload.call) continue;
      upload.again = true;
      upload.call.cancel();
    }
  }

  /** The answer to a call; `undefined` if it was aborted to start over. */
  async #answer(upload: Upload, call: HttpCall): Promise<HttpAnswer | undefined> {
    const { clock } = this.#ports;
    let callOff = (): void => undefined;
    const look = () => {
      const still = clock.elapsed() - upload.movedAt;
      if (still >= (upload.allSent ? ANSWER_MS : STILL_MS)) call.cancel();
      else callOff = clock.after(LOOK_MS, look);
    };
    look();
    try {
      return await call.answer;
    } catch (error) {
      if (!upload.again) throw error;
      upload.again = false;
      return undefined;
    } finally {
      callOff();
    }
  }

  #problem(answer: HttpAnswer): JoblineError {
    const { status } = answer;
    const problem = problemIn(answer, this.#ports.clock);
    // Two URLs in succession were not accepted, which says nothing about the file.
    const over = OVER.includes(status);
    return over ? failure('network', problem.detail, { status }) : new JoblineError(problem);
  }
}
