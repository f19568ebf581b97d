/** Mentions: `@` and a name, as plain text. */

/** A mention that is being typed. */
export interface Mention {
  /** The index of the `@`. */
  readonly start: number;
  /** Its end: the caret. */
  readonly end: number;
  /** The text after the `@`. */
  readonly search: string;
}

/** How many characters of a name are compared. */
const LONGEST = 40;

/** The mention that ends at `caret`; `undefined` if none is being typed. */
export function mentionAt(text: string, caret: number): Mention | undefined {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf('@');
  // An address such as me@example.com is no mention.
  if (start === -1 || /\S/u.test(before[start - 1] ?? '')) return undefined;
  const search = before.slice(start + 1);
  if (search.length > LONGEST || /\n/.test(search)) return undefined;
  return { start, end: caret, search };
}

/** The people with a name in which a word begins with `search`; all if that is empty. */
export function matching<T extends { readonly name: string }>(people: readonly T[], search: string): T[] {
  const wanted = search.toLocaleLowerCase();
  const begins = (name: string) =>
    name.startsWith(wanted) || name.split(/\s+/u).some(word => word.startsWith(wanted));
  return people.filter(({ name }) => begins(name.toLocaleLowerCase()));
}

/** `text` with a mention replaced by `name`, and the new position of the caret. */
export function mentioned(
  text: string,
  { start, end }: Mention,
  name: string,
): { readonly text: string; readonly caret: number } {
  const written = `@${name} `;
  return { text: text.slice(0, start) + written + text.slice(end), caret: start + written.length };
}

/** `text` in pieces, every second one a mention: `@` and the longest of `names` that follows as whole words. */
export function mentionsIn(text: string, names: readonly string[]): string[] {
  const longestFirst = [...names].sort((one, other) => other.length - one.length);
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (/[\p{L}\p{N}]$/u.test(text.slice(0, at))) continue;
    const after = text.slice(at + 1);
    const name = longestFirst.find(
      one => one && after.startsWith(one) && !/^[\p{L}\p{N}]/u.test(after.slice(one.length)),
    );
    if (!name) continue;
    pieces.push(text.slice(from, at), `@${name}`);
    from = at + 1 + name.length;
  }
  return [...pieces, text.slice(from)];
}
