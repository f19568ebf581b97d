/**
 * The texts of voice messages, in each language, loaded with them and not at the start. Those during a recording are in
 * `recorderWords.ts`.
 */

import type { Language } from '../i18n/languages.ts';

const en = {
  record: 'Record a voice message',
  notLoaded: 'Recording could not be loaded. Try again when you are online.',
  play: 'Play the voice message',
  pausePlaying: 'Pause the voice message',
  position: 'Position in the voice message',
  speed: 'Speed',
  cannotPlay: 'This browser cannot play it. You can download it.',
};

export type VoiceWords = Readonly<typeof en>;

const es: VoiceWords = {
  record: 'Grabar un mensaje de voz',
  notLoaded: 'No se pudo cargar la grabadora. Inténtalo de nuevo cuando tengas conexión.',
  play: 'Reproducir el mensaje de voz',
  pausePlaying: 'Pausar el mensaje de voz',
  position: 'Posición en el mensaje de voz',
  speed: 'Velocidad',
  cannotPlay: 'Este navegador no puede reproducirlo. Puedes descargarlo.',
};

const ar: VoiceWords = {
  record: 'تسجيل رسالة صوتية',
  notLoaded: 'تعذر تحميل المسجل. حاول مرة أخرى عند الاتصال بالإنترنت.',
  play: 'تشغيل الرسالة الصوتية',
  pausePlaying: 'إيقاف الرسالة الصوتية مؤقتًا',
  position: 'الموضع في الرسالة الصوتية',
  speed: 'السرعة',
  cannotPlay: 'لا يمكن لهذا المتصفح تشغيلها. يمكنك تنزيلها.',
};

export const VOICE_WORDS: Readonly<Record<Language, VoiceWords>> = { en, es, ar };

export function voiceWords(lang: string): VoiceWords {
  return VOICE_WORDS[lang as Language] ?? en;
}
