import { isLanguage, type Language, negotiate, regional } from '../i18n/languages.ts';
import ar from '../i18n/messages/ar.json?url';
import en from '../i18n/messages/en.json';
import es from '../i18n/messages/es.json?url';
import { type Messages, type Translator, translator } from '../i18n/translator.ts';
import { reloadFor } from './reload.ts';
import { onDevice } from './storage.ts';

/** The key under which this device stores the chosen language; `account/language.ts` writes it. */
export const KEPT = 'jobline-language';
const FILES: Record<Exclude<Language, 'en'>, string> = { ar, es };

/** The language that was chosen here, or else the first of the browser's that is supported. */
export function preferredLanguage(): Language {
  const kept = onDevice.get(KEPT);
  return isLanguage(kept) ? kept : negotiate(navigator.languages);
}

/** English, which need not be fetched. */
export function english(): Translator {
  return inRegion('en', en);
}

/**
 * The translator of a language; English if its messages cannot be fetched. If they no longer exist, another version of the
 * app has replaced this one, and the page is reloaded.
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

/** Never settles, since the page is being left. */
const never = () => new Promise<Translator>(() => undefined);

function inRegion(language: Language, messages: Messages): Translator {
  return translator(language, messages, { locale: regional(language, navigator.languages) });
}
