/**
 * The languages there are, each by its own name. English is always at hand; the others are fetched when they are
 * chosen.
 */
export const LANGUAGES = { en: 'English', es: 'Español', ar: 'العربية' } as const;

/** A language of {@link LANGUAGES}. */
export type Language = keyof typeof LANGUAGES;

/** Whether there are messages in `tag`, which is one of ours or anything. */
export function isLanguage(tag: string | null | undefined): tag is Language {
  return Object.hasOwn(LANGUAGES, tag ?? '');
}

/** The first of `preferred` (such as `navigator.languages`) that there is; English when there is none. */
export function negotiate(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0];
    if (isLanguage(base)) return base;
  }
  return 'en';
}

/** `language` as the reader's region has it: the first of `preferred` in that language, such as `en-GB`. */
export function regional(language: Language, preferred: readonly string[]): string {
  return preferred.find(tag => tag.toLowerCase().split('-')[0] === language) ?? language;
}
