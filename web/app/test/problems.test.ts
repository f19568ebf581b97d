import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import ar from '../src/i18n/messages/ar.json' with { type: 'json' };
import en from '../src/i18n/messages/en.json' with { type: 'json' };
import es from '../src/i18n/messages/es.json' with { type: 'json' };
import { translator } from '../src/i18n/translator.ts';
import { wordsFor } from '../src/models/problems.ts';

/** Every code that the SDK knows from the OpenAPI document. */
const contract = readFileSync(new URL('../../sdk/src/generated/contract.ts', import.meta.url), 'utf8');
const codes = [...(/export type Code = (.*);/.exec(contract)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(
  ([, code]) => code ?? '',
);

test.each(Object.entries({ ar, en, es }))('in %s each code has its own text', (lang, messages) => {
  const words = translator(lang, messages);
  expect(codes.length).toBeGreaterThan(15);
  const all = [...codes, 'network', 'signed_out', 'proxy_refused', 'token_failed'].map(code =>
    wordsFor(code, words),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(all).not.toContain(words.t('errorUnknown'));
  for (const text of all) expect(text).not.toMatch(/[{}_]|scalar|content has/);
});

test('an unknown error code has a text, too', () => {
  const words = translator('en', en);
  expect(wordsFor('from_the_future', words)).toBe(words.t('errorUnknown'));
  expect(wordsFor('constructor', words)).toBe(words.t('errorUnknown'));
  expect(wordsFor('content_too_long', words)).toContain('2,000 characters');
});
