import { describe, expect, test } from 'vitest';
import { isOnlyEmoji, segments } from '../src/models/links.ts';

const hrefs = (text: string) => segments(text).flatMap(segment => segment.href ?? []);
const whole = (text: string) =>
  segments(text)
    .map(segment => segment.text)
    .join('');

describe('links', () => {
  test('are http and https, without the punctuation around them', () => {
    expect(segments('See https://example.com/a?b=1#c, please.')).toEqual([
      { text: 'See ' },
      { text: 'https://example.com/a?b=1#c', href: 'https://example.com/a?b=1#c' },
      { text: ', please.' },
    ]);
    expect(hrefs('HTTP://EXAMPLE.COM')).toEqual(['http://example.com/']);
  });

  test('include a closing bracket only if its opening bracket is included', () => {
    expect(hrefs('(https://example.com/a_(b))')).toEqual(['https://example.com/a_(b)']);
    expect(hrefs('(https://example.com)')).toEqual(['https://example.com/']);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'ftp://example.com',
    'https://',
    'https://bank.example@evil.example/',
    'https://user:password@evil.example/',
    'jaVaScript://https:/alert(1)',
  ])('%s is none', text => {
    expect(hrefs(text)).toEqual([]);
    expect(whole(text)).toBe(text);
  });

  test('end before a bidirectional control character, so what is shown is what is opened', () => {
    expect(hrefs('https://example.com/\u202emoc.live//:sptth')).toEqual(['https://example.com/']);
    expect(hrefs('https://example.com/\u2066x')).toEqual(['https://example.com/']);
  });

  test('end before quotes and angle brackets', () => {
    expect(hrefs('<a href="https://example.com/x">y</a>')).toEqual(['https://example.com/x']);
    expect(hrefs("https://example.com/'onmouseover='alert(1)")).toEqual(['https://example.com/']);
  });

  test('never lose or change a character of the text', () => {
    for (const text of [
      '',
      'a',
      'https://a.example https://b.example',
      'x\n<b>https://c.example</b>\u202e!',
    ]) {
      expect(whole(text)).toBe(text);
    }
  });

  test('a hostile text of maximum length is parsed quickly', () => {
    for (const piece of ['https://a.example', '(((((((((', 'https://', 'http://a.b/(', '.,;:']) {
      const text = piece.repeat(2_000 / piece.length);
      expect(whole(text)).toBe(text);
    }
  });
});

describe('links of other kinds', () => {
  test.each([
    ['Mail me: john.smith+jobs@example.co.uk.', 'mailto:john.smith%2Bjobs@example.co.uk'],
    ['call +49 30 901820', 'tel:+4930901820'],
    ['call (030) 9018-2012 today', 'tel:03090182012'],
    ['or 555-123-4567', 'tel:5551234567'],
    ['(555) 123-4567', 'tel:5551234567'],
    ['0171/1234567', 'tel:01711234567'],
    ['see www.example.com/paint, please', 'https://www.example.com/paint'],
  ])('%s', (text, href) => {
    expect(hrefs(text)).toEqual([href]);
    expect(whole(text)).toBe(text);
  });

  test.each([
    'at 08:00 on 2026-11-14',
    '14.11.2026',
    '05/06/2026',
    'job 123456789',
    'IBAN DE02120300000000202051',
    '10.0.0.1',
    '1,250.00 for 20 m²',
    'user@localhost',
    'awww.example',
    '@john',
    'a@b@c.example',
  ])('%s has none', text => expect(hrefs(text)).toEqual([]));

  test('an e-mail address inside a link stays a part of that link', () => {
    expect(hrefs('https://example.com/?to=a@b.example')).toEqual(['https://example.com/?to=a@b.example']);
  });

  test('a hostile text of maximum length is parsed quickly', () => {
    const began = performance.now();
    for (const piece of ['+1 ', '0-', 'a.', 'a@', 'a@a.', '(555) ', '1', 'www.', 'a-'])
      expect(whole(piece.repeat(2_000 / piece.length))).toBe(piece.repeat(2_000 / piece.length));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

test('one to three emoji alone are shown large', () => {
  expect(isOnlyEmoji('👍')).toBe(true);
  expect(isOnlyEmoji('👩‍🔧 🇪🇸 👍🏽')).toBe(true);
  expect(isOnlyEmoji('👍👍👍👍')).toBe(false);
  expect(isOnlyEmoji('ok 👍')).toBe(false);
  expect(isOnlyEmoji('42')).toBe(false);
  expect(isOnlyEmoji('')).toBe(false);
});
