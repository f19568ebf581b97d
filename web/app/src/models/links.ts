/** A piece of a text: with `href` it is a link, without it is not. */
export interface Segment {
  readonly text: string;
  readonly href?: string;
}

/** Ends at white space, brackets, quotes, and at anything that could turn the direction of what is shown. */
const CANDIDATE = /https?:\/\/[^\s<>"'`{}|\\^\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/giu;
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/**
 * `text` in pieces. Only `http:` and `https:` become links, and what a link shows is what it opens: an address with a
 * user name in it ("https://bank.example@evil.example") stays text.
 */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = withoutTail(match[0]);
    const href = checked(shown);
    if (!href) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** The full stop of a sentence, and a bracket that was opened before the address, are no part of it. */
function withoutTail(address: string): string {
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const opening = PAIRS[last];
    const before = address.slice(0, end);
    if (opening ? count(before, opening) >= count(before, last) : !/[.,;:!?…*_~]/.test(last)) break;
  }
  return address.slice(0, end);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function checked(address: string): string | undefined {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return undefined;
  }
  const safe =
    (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password && url.hostname;
  return safe ? url.href : undefined;
}

/** Made of nothing but emoji and what joins them. (`\p{RGI_Emoji}` says it in one word, and takes 200 ms to compile.) */
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\s])+$/u;

/** Whether `text` is a few emoji and nothing else, which are shown larger and without a bubble. */
export function isOnlyEmoji(text: string): boolean {
  const joined = text.replace(/\s/g, '');
  return joined.length > 0 && joined.length <= 32 && EMOJI.test(joined) && characters(joined) <= 3;
}

/** How many characters `text` has for whoever reads it: a family is one. */
function characters(text: string): number {
  return [...new Intl.Segmenter('en').segment(text)].length;
}
