import type en from './messages/en.json';

/** The name of a message. English has all of them; a test checks the other languages. */
export type Key = keyof typeof en;
/** A message with a form for each plural category that the language has. */
export type Plural = { readonly [category in Intl.LDMLPluralRule]?: string };
/** A text, or one with a form for each plural category. */
export type Message = string | Plural;
/** A whole language. */
export type Messages = { readonly [key in Key]: string | Plural };
/** The values for the braces of a message. `count` chooses the plural form. */
export type Values = Readonly<Record<string, string | number>>;

/** One language: its texts, numbers, days and times. */
export interface Translator {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  /** Whether there is a message `key`. */
  has(key: string): key is Key;
  /** The message `key`, with `values` in its braces. */
  t(key: Key, values?: Values): string;
  /** A message of a part that has its own texts, with `values` in its braces. */
  fill(message: Message, values?: Values): string;
  /** The hour and minute of an instant, in the reader's zone. */
  clock(at: number): string;
  /** Day and time in full. */
  moment(at: number): string;
  /** The name of a weekday, or a date with or without its year. */
  date(at: number, form: 'weekday' | 'date' | 'dateAndYear' | 'short'): string;
  /** A size in bytes, in the unit that suits it. */
  size(bytes: number): string;
  percent(part: number): string;
  number(value: number): string;
  /** A number that is a name, such as a job's: only digits, without separators. */
  label(value: number): string;
  /** Parts of one line, with the comma of the language between them. */
  joined(...parts: readonly string[]): string;
  /** The same language in the reader's current time zone. */
  renewed(): Translator;
}

const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;
const RTL_LETTERS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const LTR_LETTERS = /[A-Za-z\u00c0-\u024f\u0370-\u058f]/;

/** Isolates text, so that its direction does not affect the message around it. */
function isolated(value: string, dir: 'ltr' | 'rtl'): string {
  return (dir === 'ltr' ? RTL_LETTERS : LTR_LETTERS).test(value) ? `\u2068${value}\u2069` : value;
}

const DATE_FORMS = {
  weekday: { weekday: 'long' },
  date: { weekday: 'short', day: 'numeric', month: 'long' },
  dateAndYear: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
} as const;

/** The reader's conventions for times and numbers. */
export interface Customs {
  /** The language with the reader's region, such as `en-GB`; the language's own conventions if left out. */
  readonly locale?: string;
  /** The time zone; the system's if left out. */
  readonly zone?: string;
}

/** `messages` in `lang`, with times and numbers formatted for the reader's region. */
export function translator(lang: string, messages: Messages, customs: Customs = {}): Translator {
  const { locale = lang, zone } = customs;
  const dir = RIGHT_TO_LEFT.test(lang) ? 'rtl' : 'ltr';
  // Each is created when it is needed: together they would delay the first paint.
  let plurals: Intl.PluralRules | undefined;
  let numbers: Intl.NumberFormat | undefined;
  const plural = (count: number) => {
    plurals ??= new Intl.PluralRules(lang);
    return plurals.select(count);
  };
  const number = (value: number) => {
    numbers ??= new Intl.NumberFormat(locale);
    return numbers.format(value);
  };
  const formats = new Map<object, Intl.DateTimeFormat>();
  const format = (options: Intl.DateTimeFormatOptions, at: number) => {
    const made = formats.get(options) ?? new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    formats.set(options, made);
    return made.format(at);
  };
  const fill = (message: Message, values: Values = {}) => {
    const form =
      typeof message === 'string' ? message : (message[plural(Number(values.count))] ?? message.other);
    return (form ?? '').replace(/\{(\w+)\}/g, (braces, name: string) => {
      const value = values[name];
      if (value === undefined) return braces;
      return typeof value === 'number' ? number(value) : isolated(value, dir);
    });
  };
  return {
    lang,
    dir,
    has: (key): key is Key => Object.hasOwn(messages, key),
    t: (key, values) => fill(messages[key], values),
    fill,
    clock: at => format(CLOCK, at),
    moment: at => format(MOMENT, at),
    date: (at, form) => format(DATE_FORMS[form], at),
    size: bytes => size(locale, bytes),
    percent: part => new Intl.NumberFormat(locale, { style: 'percent' }).format(part),
    number,
    label: value => new Intl.NumberFormat(locale, { useGrouping: false }).format(value),
    joined: (...parts) => parts.map(part => isolated(part, dir)).join(dir === 'rtl' ? '، ' : ', '),
    renewed: () => translator(lang, messages, customs),
  };
}

const CLOCK = { timeStyle: 'short' } as const;
const MOMENT = { dateStyle: 'full', timeStyle: 'short' } as const;

function size(locale: string, bytes: number): string {
  const [value, unit] =
    bytes < 1_000_000 ? [Math.max(1, Math.round(bytes / 1024)), 'kilobyte'] : [bytes / 1_048_576, 'megabyte'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }).format(value);
}
