/** The texts of calls in the timeline, in each language. */

import type { Language } from '../i18n/languages.ts';

const en = {
  audio: 'Audio call',
  video: 'Video call',
  ringing: 'ringing',
  running: 'in progress',
  missed: 'missed',
  unanswered: 'no answer',
  declined: 'declined',
  cancelled: 'cancelled',
  ended: 'ended',
  again: 'Call again',
  back: 'Call back',
  join: 'Join',
};

export type LineWords = Readonly<typeof en>;

const es: LineWords = {
  audio: 'Llamada de voz',
  video: 'Videollamada',
  ringing: 'sonando',
  running: 'en curso',
  missed: 'perdida',
  unanswered: 'sin respuesta',
  declined: 'rechazada',
  cancelled: 'cancelada',
  ended: 'terminada',
  again: 'Llamar otra vez',
  back: 'Devolver la llamada',
  join: 'Unirse',
};

const ar: LineWords = {
  audio: 'مكالمة صوتية',
  video: 'مكالمة فيديو',
  ringing: 'ترن',
  running: 'جارية',
  missed: 'فائتة',
  unanswered: 'بلا رد',
  declined: 'مرفوضة',
  cancelled: 'ملغاة',
  ended: 'انتهت',
  again: 'اتصال مرة أخرى',
  back: 'معاودة الاتصال',
  join: 'انضمام',
};

export const LINE_WORDS: Readonly<Record<Language, LineWords>> = { en, es, ar };

export const lineWords = (lang: string): LineWords => LINE_WORDS[lang as Language] ?? en;
