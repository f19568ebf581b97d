/** The texts about calls that are needed before there is one, besides those in `lineWords.ts`, in each language. */

import type { Language } from '../i18n/languages.ts';

const en = {
  notLoaded: 'Calls could not be loaded. Try again when you are online.',
  fourAlready: 'Four people are in this call, which is the most. Try again when one has left.',
};

type ButtonWords = Readonly<typeof en>;

const es: ButtonWords = {
  notLoaded: 'No se pudieron cargar las llamadas. Inténtalo de nuevo cuando tengas conexión.',
  fourAlready: 'Hay cuatro personas en esta llamada, el máximo. Inténtalo cuando alguien salga.',
};

const ar: ButtonWords = {
  notLoaded: 'تعذر تحميل المكالمات. حاول مرة أخرى عند الاتصال بالإنترنت.',
  fourAlready: 'في هذه المكالمة أربعة أشخاص، وهو الحد الأقصى. حاول مرة أخرى عندما يخرج أحدهم.',
};

const ALL: Readonly<Record<Language, ButtonWords>> = { en, es, ar };

/** The texts in a language; in English if there is no such language. */
export function buttonWords(lang: string): ButtonWords {
  return ALL[lang as Language] ?? en;
}
