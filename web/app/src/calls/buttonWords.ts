/** What is said of calls before there is one, besides what `lineWords.ts` has, in each language. */

import type { Language } from '../i18n/languages.ts';

const NOT_LOADED: Readonly<Record<Language, string>> = {
  en: 'Calls could not be loaded. Try again when you are online.',
  es: 'No se pudieron cargar las llamadas. Inténtalo de nuevo cuando tengas conexión.',
  ar: 'تعذر تحميل المكالمات. حاول مرة أخرى عند الاتصال بالإنترنت.',
};

/** That what calls need could not be loaded. */
export function notLoaded(lang: string): string {
  return NOT_LOADED[lang as Language] ?? NOT_LOADED.en;
}
