/** The texts that only crews need, in each language, loaded with them and not at the start. */

import type { Language } from '../i18n/languages.ts';

const en = {
  open: 'Group chat of this job',
  members: 'People in this group',
  readByNobody: 'Nobody has read it yet',
  readBySome: '{count} of {total} have read it',
  readByAll: 'Everybody has read it',
  hasRead: 'Has read it',
  hasNotRead: 'Has not read it yet',
  mention: 'Mention somebody',
};

export type CrewWords = Readonly<typeof en>;

const es: CrewWords = {
  open: 'Grupo de este trabajo',
  members: 'Personas de este grupo',
  readByNobody: 'Aún no lo ha leído nadie',
  readBySome: 'Lo han leído {count} de {total}',
  readByAll: 'Lo han leído todos',
  hasRead: 'Lo ha leído',
  hasNotRead: 'Aún no lo ha leído',
  mention: 'Mencionar a alguien',
};

const ar: CrewWords = {
  open: 'مجموعة هذا العمل',
  members: 'أعضاء هذه المجموعة',
  readByNobody: 'لم يقرأها أحد بعد',
  readBySome: 'قرأها {count} من {total}',
  readByAll: 'قرأها الجميع',
  hasRead: 'قرأها',
  hasNotRead: 'لم يقرأها بعد',
  mention: 'الإشارة إلى شخص',
};

export const CREW_WORDS: Readonly<Record<Language, CrewWords>> = { en, es, ar };

export function crewWords(lang: string): CrewWords {
  return CREW_WORDS[lang as Language] ?? en;
}
