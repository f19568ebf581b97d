/**
 * The supported languages, each by its own name. English is always loaded; the others are fetched when they are chosen.
 */
export const LANGUAGES = { en: 'English', es: 'Español', ar: 'العربية' } as const;

/** A language of {@link LANGUAGES}. */
export type Language = keyof typeof LANGUAGES;

/** Whether `tag` is a supported language. */
export function isLanguage(tag: string | null | undefined): tag is Language {
  return Object.hasOwn(LANGUAGES, tag ?? '');
}

/** The first of `preferred` (such as `navigator.languages`) that is supported; English if none is. */
export function negotiate(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0];
    if (isLanguage(base)) return base;
  }
  return 'en';
}

/** `language` with the reader's region: the first of `preferred` in that language, such as `en-GB`. */
export function regional(language: Language, preferred: readonly string[]): string {
  return preferred.find(tag => tag.toLowerCase().split('-')[0] === language) ?? language;
}
