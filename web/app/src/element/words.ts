import { type Language, negotiate, regional } from '../i18n/languages.ts';
import ar from '../i18n/messages/ar.json';
import en from '../i18n/messages/en.json';
import es from '../i18n/messages/es.json';
import { type Translator, translator } from '../i18n/translator.ts';

/** All languages are in one script, since the embedding page may not allow fetching any. */
const MESSAGES = { ar, en, es };
const made = new Map<Language, Translator>();

/** The translator of a language, created once. */
export function words(language: Language): Translator {
  const locale = regional(language, navigator.languages);
  const found = made.get(language) ?? translator(language, MESSAGES[language], { locale });
  made.set(language, found);
  return found;
}

/** The language of the element or of its ancestors, else the reader's. */
export function chosenLanguage(element: Element): Language {
  const tag = element.closest('[lang]')?.getAttribute('lang');
  return negotiate(tag ? [tag, ...navigator.languages] : navigator.languages);
}
