/** Mentions: `@` and a name, as plain text. */

/** What is being written after an `@`. */
export interface Mention {
  /** Where the `@` stands. */
  readonly start: number;
  /** Where it ends: the caret. */
  readonly end: number;
  /** What stands after the `@`. */
  readonly search: string;
}

/** How many letters of a name are looked at. */
const LONGEST = 40;

/** The mention that ends at `caret`; `undefined` where none is being written. */
export function mentionAt(text: string, caret: number): Mention | undefined {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf('@');
  // An address such as me@example.com is none.
  if (start === -1 || /\S/u.test(before[start - 1] ?? '')) return undefined;
  const search = before.slice(start + 1);
  if (search.length > LONGEST || /\n/.test(search)) return undefined;
  return { start, end: caret, search };
}

/** The names in which a word begins with what is searched, or all where nothing is. */
export function matching<T extends { readonly name: string }>(people: readonly T[], search: string): T[] {
  const wanted = search.toLocaleLowerCase();
  const begins = (name: string) =>
    name.startsWith(wanted) || name.split(/\s+/u).some(word => word.startsWith(wanted));
  return people.filter(({ name }) => begins(name.toLocaleLowerCase()));
}

/** `text` with `name` in the place of a mention, and where the caret is then. */
export function mentioned(
  text: string,
  { start, end }: Mention,
  name: string,
): { readonly text: string; readonly caret: number } {
  const written = `@${name} `;
  return { text: text.slice(0, start) + written + text.slice(end), caret: start + written.length };
}

/** `text` in pieces, of which each second one is a mention: `@` and the longest of `names` that follows as whole words. */
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
