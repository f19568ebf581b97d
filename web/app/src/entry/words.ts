/** The texts of the pages before the chat, in each language, loaded with these pages. */

import type { Language } from '../i18n/languages.ts';
import type { Message } from '../i18n/translator.ts';

const en = {
  whoAreYou: 'Who are you?',
  demoText:
    'A demo with invented people. Open a second window, be someone else there, and write to each other.',
  demoApi: 'The API of this server',
  switchTitle: 'You are signed in as {name}. Continue as {other}?',
  switchText:
    'The link that you opened belongs to somebody else than the person who is signed in on this device.',
  switchYes: 'Continue as {other}',
  switchNo: 'Stay signed in as {name}',
  switchSomebody: 'somebody',
  switchSomebodyElse: 'somebody else',
};

export type EntryWords = Readonly<Record<keyof typeof en, Message>>;

const es: EntryWords = {
  whoAreYou: '¿Quién eres?',
  demoText: 'Una demostración con personas inventadas. Abre otra ventana, sé otra persona y escribíos.',
  demoApi: 'La API de este servidor',
  switchTitle: 'Has iniciado sesión como {name}. ¿Continuar como {other}?',
  switchText:
    'El enlace que has abierto es de otra persona que la que ha iniciado sesión en este dispositivo.',
  switchYes: 'Continuar como {other}',
  switchNo: 'Seguir con la sesión de {name}',
  switchSomebody: 'alguien',
  switchSomebodyElse: 'otra persona',
};

const ar: EntryWords = {
  whoAreYou: 'من أنت؟',
  demoText: 'عرض تجريبي بأشخاص متخيلين. افتح نافذة ثانية، وكن شخصًا آخر، وتراسلا.',
  demoApi: 'واجهة برمجة هذا الخادم',
  switchTitle: 'أنت مسجّل الدخول باسم {name}. هل تريد المتابعة باسم {other}؟',
  switchText: 'الرابط الذي فتحته يخصّ شخصًا غير المسجّل دخوله على هذا الجهاز.',
  switchYes: 'المتابعة باسم {other}',
  switchNo: 'البقاء باسم {name}',
  switchSomebody: 'شخص ما',
  switchSomebodyElse: 'شخص آخر',
};

export const ENTRY_WORDS: Readonly<Record<Language, EntryWords>> = { en, es, ar };

export function entryWords(lang: string): EntryWords {
  return ENTRY_WORDS[lang as Language] ?? en;
}
