import type { MessageFile, Timeline, TimelineMessage } from '@jobline/sdk';
import { webAddress } from './addresses.ts';

/** How many pictures of this device are held in memory at most; the oldest are dropped. */
const HELD = 40;

/**
 * The addresses of pictures. Download URLs change with every answer of the server, and a picture whose address changes would
 * be loaded again, so the first address is kept for as long as it works. A photo that was sent from here is shown from
 * memory and never downloaded.
 */
export class Pictures {
  readonly #urls = new Map<string, string>();
  readonly #held: string[] = [];

  /** Holds the bytes of a photo that is being sent. */
  hold(key: string, blob: Blob): void {
    if (this.#urls.get(key)?.startsWith('blob:')) return;
    this.#urls.set(key, URL.createObjectURL(blob));
    this.#held.push(key);
    if (this.#held.length > HELD) this.#letGo(this.#held.shift());
  }

  /** The address for a message's picture, if one is known. That of its file replaces one that does not work (`broken`). */
  url({ key, clientId, file }: TimelineMessage, broken?: string): string | undefined {
    const known = this.#urls.get(clientId ?? key) ?? this.#urls.get(key);
    if (known && known !== broken) return known;
    const url = file && usable(file);
    if (!url || url === broken) return undefined;
    this.#urls.set(key, url);
    return url;
  }

  /** Reads the bytes of an unsent photo from this device. */
  async fetchOwn(timeline: Timeline, { clientId, file }: TimelineMessage): Promise<boolean> {
    if (!clientId || this.#urls.has(clientId)) return true;
    const bytes = await timeline.fileBytes(clientId);
    if (bytes) this.hold(clientId, new Blob([bytes], { type: file?.contentType ?? '' }));
    return bytes !== undefined;
  }

  /** The address of a message's picture did not work: the next one is tried. Returns whether there is a next one. */
  failed({ key, clientId, file }: TimelineMessage): boolean {
    const known = this.#urls.get(key);
    this.#urls.delete(key);
    if (clientId) this.#letGo(clientId);
    return Boolean(file?.url && file.url !== known && usable(file));
  }

  clear(): void {
    for (const key of this.#urls.keys()) this.#letGo(key);
    this.#held.length = 0;
  }

  #letGo(key: string | undefined): void {
    const url = key === undefined ? undefined : this.#urls.get(key);
    if (key === undefined || url === undefined) return;
    this.#urls.delete(key);
    if (url.startsWith('blob:')) URL.revokeObjectURL(url);
  }
}

function usable(file: MessageFile): string | undefined {
  const expired = file.expired || (file.urlExpiresAt !== undefined && file.urlExpiresAt <= Date.now());
  return expired ? undefined : webAddress(file.url);
}
