import { isLanguage, type Language, negotiate, regional } from '../i18n/languages.ts';
import ar from '../i18n/messages/ar.json?url';
import en from '../i18n/messages/en.json';
import es from '../i18n/messages/es.json?url';
import { type Messages, type Translator, translator } from '../i18n/translator.ts';
import { reloadFor } from './reload.ts';
import { onDevice } from './storage.ts';

/** Where this device keeps the language that was chosen; `account/language.ts` writes it. */
export const KEPT = 'jobline-language';
const FILES: Record<Exclude<Language, 'en'>, string> = { ar, es };

/** The language that was chosen here, or else the first of the browser's that there is. */
export function preferredLanguage(): Language {
  const kept = onDevice.get(KEPT);
  return isLanguage(kept) ? kept : negotiate(navigator.languages);
}

/** English, which needs no fetching. */
export function english(): Translator {
  return inRegion('en', en);
}

/**
 * The translator of a language; English when its messages cannot be fetched. Where they are not there any more, another
 * version of the app has taken the place of this one, and the page is loaded again.
 */
export async function load(language: Language): Promise<Translator> {
  if (language === 'en') return english();
  try {
    const file = FILES[language];
    const answer = await fetch(file);
    if ((answer.status === 404 || answer.status === 410) && reloadFor(file)) return await never();
    return inRegion(language, (await answer.json()) as Messages);
  } catch {
    return english();
  }
}

/** The page is being left: nothing is drawn any more. */
const never = () => new Promise<Translator>(() => undefined);

function inRegion(language: Language, messages: Messages): Translator {
  return translator(language, messages, { locale: regional(language, navigator.languages) });
}
