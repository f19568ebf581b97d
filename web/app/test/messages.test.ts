import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LANGUAGES, negotiate, regional } from '../src/i18n/languages.ts';
import ar from '../src/i18n/messages/ar.json' with { type: 'json' };
import en from '../src/i18n/messages/en.json' with { type: 'json' };
import es from '../src/i18n/messages/es.json' with { type: 'json' };
import { type Messages, translator } from '../src/i18n/translator.ts';

const all: Record<string, Messages> = { ar, en, es };
const forms = (message: Messages[keyof Messages]) =>
  typeof message === 'string' ? [message] : Object.values(message);
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort();

test('there is a message file for every language, and no other', () => {
  expect(Object.keys(all).sort()).toEqual(Object.keys(LANGUAGES).sort());
});

describe.each(Object.entries(all))('%s', (lang, messages) => {
  test('has the same messages as English', () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  });

  test('has the same placeholders', () => {
    for (const [key, message] of Object.entries(messages)) {
      const wanted = holes(forms(en[key as keyof typeof en]).at(-1) ?? '');
      // "No messages", "one message": a plural form for a single number may leave out the number.
      const single = typeof message === 'string' ? [] : [message.zero, message.one, message.two];
      for (const form of forms(message)) {
        const expected = single.includes(form) && holes(form).length === 0 ? [] : wanted;
        expect(holes(form), `${lang} ${key}: ${form}`).toEqual(expected);
      }
    }
  });

  test('has every plural form', () => {
    const categories = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(messages)) {
      const plural = typeof en[key as keyof typeof en] !== 'string';
      expect(typeof message !== 'string', key).toBe(plural);
      if (typeof message !== 'string')
        expect(Object.keys(message).sort(), key).toEqual([...categories].sort());
    }
  });

  test('has no empty message, and none with markup', () => {
    for (const message of Object.values(messages)) {
      for (const form of forms(message)) expect(form).toMatch(/^[^<>]+$/);
    }
  });
});

test('every message is used', () => {
  const src = new URL('../src/', import.meta.url);
  const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.tsx?$/.test(path))
    .map(path => readFileSync(new URL(path, src), 'utf8'))
    .join('\n');
  // The names of the texts for problems are composed from the codes.
  const codes = ['../../sdk/src/generated/contract.ts', '../../sdk/src/errors.ts']
    .map(
      path =>
        /type (?:Code|ContractCode) =([^;]*);/.exec(
          readFileSync(new URL(path, import.meta.url), 'utf8'),
        )?.[1],
    )
    .join('|');
  const codeOf = (key: string) =>
    key
      .replace(/^error/, '')
      .replace(/\B([A-Z])/g, '_$1')
      .toLowerCase();
  for (const key of Object.keys(en)) {
    const isSaid = code.includes(`'${key}'`) || new RegExp(`['"]${codeOf(key)}['"]`).test(codes);
    expect(isSaid, key).toBe(true);
  }
});

describe('a translator', () => {
  test('chooses the plural form by the rules of the language', () => {
    expect(translator('en', en).t('unread', { count: 1 })).toBe('1 unread message');
    expect(translator('en', en).t('unread', { count: 12 })).toBe('12 unread messages');
    const few = translator('ar', ar).t('unread', { count: 3 });
    expect(few).toContain('رسائل غير مقروءة');
    expect(translator('ar', ar).t('unread', { count: 11 })).not.toBe(few);
  });

  test('isolates a name of the other writing direction, and leaves others unchanged', () => {
    expect(translator('en', en).t('conversationWith', { name: 'John' })).toBe('Conversation with John');
    expect(translator('en', en).t('conversationWith', { name: 'أحمد' })).toContain('\u2068أحمد\u2069');
    expect(translator('ar', ar).t('conversationWith', { name: 'John' })).toContain('\u2068John\u2069');
  });

  test('fills in each value once: placeholders in a person’s name stay text', () => {
    expect(translator('en', en).fill('{name}: {text}', { name: '{text}', text: '$& {name}' })).toBe(
      '{text}: $& {name}',
    );
  });

  test('shows times in the user’s time zone', () => {
    const at = Date.UTC(2026, 10, 14, 23, 5);
    expect(translator('en', en, { zone: 'UTC' }).clock(at)).toMatch(/11:05/);
    expect(translator('en', en, { zone: 'Asia/Tokyo' }).clock(at)).toMatch(/8:05/);
    expect(translator('es', es, { zone: 'Asia/Tokyo' }).date(at, 'date')).toMatch(/15/);
  });

  test('writes times as in the user’s region', () => {
    const at = Date.UTC(2026, 10, 14, 23, 5);
    const inRegion = (...preferred: string[]) =>
      translator('en', en, { locale: regional('en', preferred), zone: 'UTC' });
    expect(inRegion('de-DE', 'en-GB').clock(at)).toBe('23:05');
    expect(inRegion('en-US', 'en-GB').clock(at)).toMatch(/^11:05\sPM$/);
    expect(inRegion('en-GB').clock(Date.UTC(2026, 10, 14, 7, 5))).toBe('07:05');
    expect(inRegion('en-GB').date(at, 'short')).toBe('14 Nov');
    expect(regional('ar', ['en-GB', 'AR-EG'])).toBe('AR-EG');
    expect(regional('es', ['en-GB'])).toBe('es');
  });

  test('shows times in the new time zone once it is renewed, as on a journey', () => {
    const zone = process.env.TZ;
    const at = Date.UTC(2026, 10, 14, 23, 5);
    process.env.TZ = 'UTC';
    const words = translator('en', en, { locale: 'en-GB' });
    expect(words.clock(at)).toBe('23:05');
    process.env.TZ = 'Asia/Tokyo';
    expect(words.renewed().clock(at)).toBe('08:05');
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test('writes numbers, job numbers and times with one kind of digits, and the language’s own comma', () => {
    const words = translator('ar', ar, { locale: 'ar-EG', zone: 'UTC' });
    const text = [
      words.number(12),
      words.label(1234),
      words.clock(0),
      words.date(0, 'date'),
      words.size(120_000),
      words.percent(0.5),
      words.t('unread', { count: 12 }),
      words.t('job', { number: words.label(42) }),
    ].join();
    expect(text).not.toMatch(/[0-9]/);
    expect(words.joined('أ', 'ب', 'ت')).toBe('أ، ب، ت');
    expect(translator('en', en).joined('a', 'b')).toBe('a, b');
    expect(translator('en', en).label(123456)).toBe('123456');
  });

  test('knows the writing direction', () => {
    expect(translator('ar', ar).dir).toBe('rtl');
    expect(translator('es', es).dir).toBe('ltr');
  });

  test('shows file sizes and progress', () => {
    expect(translator('en', en).size(1)).toBe('1 kB');
    expect(translator('en', en).size(2_621_440)).toBe('2.5 MB');
    expect(translator('en', en).percent(0.42)).toBe('42%');
  });
});

test('the first of the user’s languages that is available, else English', () => {
  expect(negotiate(['fr-FR', 'es-MX', 'en'])).toBe('es');
  expect(negotiate(['AR'])).toBe('ar');
  expect(negotiate(['constructor', 'fr'])).toBe('en');
  expect(negotiate([])).toBe('en');
});
