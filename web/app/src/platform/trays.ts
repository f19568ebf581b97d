import type { Observable } from '@jobline/sdk';
import { isPhoto, typeOf } from '../media/kinds.ts';
import type { Prepared } from '../media/photo.ts';
import { FILE_LIMIT } from '../models/limits.ts';
import { type Refusal, refusal } from '../models/upload.ts';

/** A file that was chosen and not sent yet. */
export interface Attachment {
  readonly number: number;
  /** Its name on the device. */
  readonly name: string;
  /** Missing while it is being prepared. */
  readonly file?: Prepared;
  /** For pictures: the address of the preview. */
  readonly preview?: string;
}

/** Why the file `name` was not accepted, or a warning to its sender. */
export interface Notice {
  readonly key: Refusal | 'mayHoldLocation';
  readonly name: string;
}

export interface TrayState {
  readonly list: readonly Attachment[];
  /** One for each file of the last choice that was not accepted. */
  readonly notices: readonly Notice[];
}

let numbers = 0;

/** The code that prepares photos is loaded with the first chosen file. */
async function preparedLater(file: File): Promise<Prepared> {
  const { prepared } = await import('../media/photo.ts');
  return prepared(file);
}

/** The files that are about to be sent in one conversation, each prepared as soon as it is chosen. */
export class Tray implements Observable<TrayState> {
  #state: TrayState = { list: [], notices: [] };
  readonly #listeners = new Set<() => void>();
  readonly #prepare: (file: File) => Promise<Prepared>;

  constructor(prepare: (file: File) => Promise<Prepared> = preparedLater) {
    this.#prepare = prepare;
  }

  get = (): TrayState => this.#state;

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  add(files: Iterable<File>): void {
    this.dismiss();
    for (const file of files) this.#take(file);
  }

  remove(number: number): void {
    for (const one of this.#state.list)
      if (one.number === number && one.preview) URL.revokeObjectURL(one.preview);
    this.#set({ list: this.#state.list.filter(one => one.number !== number) });
  }

  /** Takes all files out, if all of them are ready. */
  take(): readonly Prepared[] | undefined {
    const ready = this.#state.list.flatMap(one => one.file ?? []);
    if (ready.length < this.#state.list.length) return undefined;
    this.clear();
    return ready;
  }

  clear(): void {
    for (const { number } of this.#state.list) this.remove(number);
  }

  dismiss(): void {
    this.#set({ notices: [] });
  }

  #take(file: File): void {
    const { name } = file;
    const key = refusal(file, isPhoto(typeOf(name, file.type) ?? ''));
    if (key) return this.#notice({ key, name });
    const number = ++numbers;
    this.#set({ list: [...this.#state.list, { number, name }] });
    this.#prepare(file).then(
      result => this.#ready(number, result),
      () => this.#refuse(number, { key: 'fileUnreadable', name }),
    );
  }

  #ready(number: number, file: Prepared): void {
    const { name } = file;
    if (file.blob.size > FILE_LIMIT) return this.#refuse(number, { key: 'fileTooLarge', name });
    // It may have been removed from the tray in the meantime: then it needs no preview.
    const waiting = this.#state.list.some(one => one.number === number);
    const preview = file.size && waiting ? URL.createObjectURL(file.blob) : undefined;
    this.#set({
      list: this.#state.list.map(one =>
        one.number === number ? { ...one, file, ...(preview && { preview }) } : one,
      ),
    });
    if (waiting && file.untouched) this.#notice({ key: 'mayHoldLocation', name });
  }

  #refuse(number: number, notice: Notice): void {
    this.remove(number);
    this.#notice(notice);
  }

  #notice(notice: Notice): void {
    this.#set({ notices: [...this.#state.notices, notice] });
  }

  #set(changes: Partial<TrayState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const changed of [...this.#listeners]) changed();
  }
}

/**
 * The chosen files of each conversation, for as long as the app is open: a reader who visits another chat finds them again.
 * Unlike a draft they are not stored on the device before they are sent.
 */
export class Trays {
  readonly #trays = new Map<string, Tray>();

  /** The tray of a conversation. */
  of(conversationId: string): Tray {
    const tray = this.#trays.get(conversationId) ?? new Tray();
    this.#trays.set(conversationId, tray);
    return tray;
  }

  clear(): void {
    for (const tray of this.#trays.values()) tray.clear();
    this.#trays.clear();
  }
}
