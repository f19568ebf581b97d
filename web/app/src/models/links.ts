/** A piece of a text, which is a link if it has an `href`. */
export interface Segment {
  readonly text: string;
  readonly href?: string;
}

/** An address ends at white space, brackets, quotes, and characters that could change the text direction. */
const REST = '[^\\s<>"\'`{}|\\\\^\\p{Cc}\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]+';
/** Not in the middle of a word, an address or a number. */
const APART = '(?<![\\p{L}\\p{N}_.+/@:=#&%~-])';
const MAIL =
  "[\\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\\d](?:[a-z\\d-]*[a-z\\d])?(?:\\.[a-z\\d](?:[a-z\\d-]*[a-z\\d])?)+(?![\\w@])";
/** A phone number with a leading plus or zero, or in the groups of North America. */
const PHONE =
  '(?:\\+\\d|\\(?0\\d|\\(\\d{3}\\) ?\\d|\\d{3}-\\d{3}-\\d)(?:[ ()./-]{0,2}\\d){3,13}(?![\\p{L}\\p{N}_@])';
const CANDIDATE = new RegExp(
  `(?<web>https?://${REST})|${APART}(?:(?<www>www\\.${REST})|(?<mail>${MAIL})|(?<phone>${PHONE}))`,
  'giu',
);
/** Every possible link contains one of these, so most texts need no search. */
const HINT = /:\/\/|www\.|@|\d{3}|\d[ )-]\d/i;
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/**
 * `text` in pieces. Web addresses (`https://`, `http://`, `www.`), mail addresses and phone numbers become links. A link
 * opens exactly the address that it shows: one with a user name in it ("https://bank.example@evil.example") stays text.
 */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  for (const match of HINT.test(text) ? text.matchAll(CANDIDATE) : []) {
    const { mail, phone, www } = match.groups ?? {};
    const shown = mail ?? phone ?? withoutTail(match[0]);
    const href = mail
      ? `mailto:${encodeURIComponent(mail).replace('%40', '@')}`
      : phone
        ? called(phone)
        : checked(www ? `https://${shown}` : shown);
    if (!href) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** Removes the full stop of a sentence, and a bracket that was opened before the address. */
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

/** The `tel:` address of `number`; undefined if it has too few or too many digits, such as a date. */
function called(number: string): string | undefined {
  const digits = number.replace(/\D/g, '');
  const national = !number.startsWith('+');
  const isDate = /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(number);
  if (isDate || digits.length < (national ? 9 : 8) || digits.length > 15) return undefined;
  return `tel:${national ? '' : '+'}${digits}`;
}

/**
 * Only emoji and their joiners. (`\p{RGI_Emoji}` would be shorter, but takes 200 ms to compile.)
 */
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\s])+$/u;

/** Whether `text` is a few emoji and nothing else, which are shown larger and without a bubble. */
export function isOnlyEmoji(text: string): boolean {
  const joined = text.replace(/\s/g, '');
  return joined.length > 0 && joined.length <= 32 && EMOJI.test(joined) && characters(joined) <= 3;
}

/** How many visible characters `text` has: a family emoji is one. */
function characters(text: string): number {
  return [...new Intl.Segmenter('en').segment(text)].length;
}
