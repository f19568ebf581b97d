import { describe, expect, test } from 'vitest';
import { SETTINGS_WORDS } from '../src/account/settingsWords.ts';
import { ACCOUNT_WORDS } from '../src/account/words.ts';
import { CHANGE_WORDS } from '../src/changes/words.ts';
import { CREW_WORDS } from '../src/crew/words.ts';
import { ENTRY_WORDS } from '../src/entry/words.ts';
import { LIGHTBOX_WORDS } from '../src/views/lightboxWords.ts';
import { TRAY_WORDS } from '../src/views/trayWords.ts';

const PARTS = {
  account: ACCOUNT_WORDS,
  changes: CHANGE_WORDS,
  crew: CREW_WORDS,
  entry: ENTRY_WORDS,
  lightbox: LIGHTBOX_WORDS,
  settings: SETTINGS_WORDS,
  tray: TRAY_WORDS,
};
const braces = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(Object.entries(PARTS))('the words of %s', (_, { en, ...others }) => {
  test.each(Object.entries(others))('are complete in %s, with the same values', (_, words) => {
    expect(Object.keys(words)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(words)) {
      const english = en[key as keyof typeof en];
      if (typeof text !== 'string' || typeof english !== 'string') continue;
      expect(text, key).toMatch(/\S/);
      expect(braces(text), key).toEqual(braces(english));
    }
  });
});
