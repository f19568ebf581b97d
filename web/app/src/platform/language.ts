import { isLanguage, type Language, negotiate, regional } from '../i18n/languages.ts';
import ar from '../i18n/messages/ar.json?url';
import en from '../i18n/messages/en.json';
import es from '../i18n/messages/es.json?url';
import { type Messages, type Translator, translator } from '../i18n/translator.ts';

const KEPT = 'jobline-language';
const FILES: Record<Exclude<Language, 'en'>, string> = { ar, es };

/** The language that was chosen here, or else the first of the browser's that there is. */
export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  return isLanguage(kept) ? kept : negotiate(navigator.languages);
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
}

/** English, which needs no fetching. */
export function english(): Translator {
  return inRegion('en', en);
}

/** The translator of a language; English when its messages cannot be fetched. */
export async function load(language: Language): Promise<Translator> {
  if (language === 'en') return english();
  try {
    const answer = await fetch(FILES[language]);
    return inRegion(language, (await answer.json()) as Messages);
  } catch {
    return english();
  }
}

function inRegion(language: Language, messages: Messages): Translator {
  return translator(language, messages, { locale: regional(language, navigator.languages) });
}
