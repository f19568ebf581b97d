import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Key, Values } from '../i18n/translator.ts';
import { isPhoto, typeOf } from '../media/kinds.ts';
import { type Prepared, prepared } from '../media/photo.ts';
import { fileName } from '../models/fileName.ts';
import { FILE_LIMIT } from '../models/limits.ts';
import { refusal } from '../models/upload.ts';
import { useSurroundings } from './context.ts';

/** A file that was chosen and not sent yet. */
export interface Attachment {
  readonly number: number;
  readonly name: string;
  /** Missing while it is made ready. */
  readonly file?: Prepared;
  /** Of pictures, to look at before sending. */
  readonly preview?: string;
}

export interface Attachments {
  readonly list: readonly Attachment[];
  /** Something that was not taken, or that the sender should know. */
  readonly notice?: string;
  readonly add: (files: Iterable<File>) => void;
  readonly remove: (number: number) => void;
  /** Takes all that are ready, if all of them are. */
  readonly take: () => readonly Prepared[] | undefined;
  readonly dismiss: () => void;
}

let numbers = 0;

/** The files that are about to be sent, each made ready as soon as it is chosen. */
export function useAttachments(): Attachments {
  const { words } = useSurroundings();
  const [list, setList] = useState<readonly Attachment[]>([]);
  const [notice, setNotice] = useState<string>();
  const previews = useRef(new Set<string>());
  const tell = (key: Key, values: Values) => setNotice(words.t(key, values));

  const drop = (number: number) => setList(before => before.filter(one => one.number !== number));
  const ready = (number: number, file: Prepared) => {
    const { base, ending } = fileName(file.name, words.t('file'));
    if (file.blob.size > FILE_LIMIT) {
      tell('fileTooLarge', { name: base + ending, limit: words.size(FILE_LIMIT) });
      return drop(number);
    }
    if (file.untouched) tell('mayHoldLocation', { name: base + ending });
    const preview = file.size ? URL.createObjectURL(file.blob) : undefined;
    if (preview) previews.current.add(preview);
    setList(before =>
      before.map(one => (one.number === number ? { ...one, file, ...(preview && { preview }) } : one)),
    );
  };
  const take = (file: File) => {
    const { base, ending } = fileName(file.name, words.t('file'));
    const name = base + ending;
    const refused = refusal(file, isPhoto(typeOf(file.name, file.type) ?? ''));
    if (refused) return tell(refused, { name, limit: words.size(FILE_LIMIT) });
    const number = ++numbers;
    setList(before => [...before, { number, name }]);
    prepared(file).then(
      result => ready(number, result),
      () => {
        tell('fileKind', { name });
        drop(number);
      },
    );
  };

  useEffect(
    () => () => {
      for (const url of previews.current) URL.revokeObjectURL(url);
    },
    [],
  );
  const all = list.flatMap(one => one.file ?? []);
  return {
    list,
    ...(notice !== undefined && { notice }),
    add: useCallback(
      files => {
        setNotice(undefined);
        for (const file of files) take(file);
      },
      [words],
    ),
    remove: drop,
    take: () => {
      if (all.length < list.length) return undefined;
      setList([]);
      return all;
    },
    dismiss: () => setNotice(undefined),
  };
}
