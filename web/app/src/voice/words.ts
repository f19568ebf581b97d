/** What voice messages say, in each language: it comes with them, and not with what is loaded at first. */

import type { Language } from '../i18n/languages.ts';

const en = {
  record: 'Record a voice message',
  recording: 'Recording',
  pause: 'Pause',
  resume: 'Go on recording',
  stop: 'Stop and listen',
  discard: 'Discard the recording',
  sendVoice: 'Send the voice message',
  play: 'Play the voice message',
  pausePlaying: 'Pause the voice message',
  position: 'Position in the voice message',
  speed: 'Speed',
  cannotPlay: 'This browser cannot play it. You can download it.',
  refused: 'The microphone is not allowed for this page. Allow it in the settings of the browser.',
  noMicrophone: 'No microphone was found.',
  inUse: 'The microphone is used by another program.',
  insecure: 'Recording works on secure pages (https) alone.',
  framed: 'The page around this chat does not allow the microphone.',
  unsupported: 'This browser cannot record voice messages.',
};

export type VoiceWords = Readonly<typeof en>;

const es: VoiceWords = {
  record: 'Grabar un mensaje de voz',
  recording: 'Grabando',
  pause: 'Pausar',
  resume: 'Seguir grabando',
  stop: 'Parar y escuchar',
  discard: 'Descartar la grabación',
  sendVoice: 'Enviar el mensaje de voz',
  play: 'Reproducir el mensaje de voz',
  pausePlaying: 'Pausar el mensaje de voz',
  position: 'Posición en el mensaje de voz',
  speed: 'Velocidad',
  cannotPlay: 'Este navegador no puede reproducirlo. Puedes descargarlo.',
  refused: 'El micrófono no está permitido en esta página. Permítelo en los ajustes del navegador.',
  noMicrophone: 'No se encontró ningún micrófono.',
  inUse: 'Otro programa está usando el micrófono.',
  insecure: 'Solo se puede grabar en páginas seguras (https).',
  framed: 'La página que contiene este chat no permite el micrófono.',
  unsupported: 'Este navegador no puede grabar mensajes de voz.',
};

const ar: VoiceWords = {
  record: 'تسجيل رسالة صوتية',
  recording: 'جارٍ التسجيل',
  pause: 'إيقاف مؤقت',
  resume: 'متابعة التسجيل',
  stop: 'إنهاء التسجيل والاستماع',
  discard: 'حذف التسجيل',
  sendVoice: 'إرسال الرسالة الصوتية',
  play: 'تشغيل الرسالة الصوتية',
  pausePlaying: 'إيقاف الرسالة الصوتية مؤقتًا',
  position: 'الموضع في الرسالة الصوتية',
  speed: 'السرعة',
  cannotPlay: 'لا يمكن لهذا المتصفح تشغيلها. يمكنك تنزيلها.',
  refused: 'الميكروفون غير مسموح به لهذه الصفحة. اسمح به في إعدادات المتصفح.',
  noMicrophone: 'لم يُعثر على ميكروفون.',
  inUse: 'يستخدم برنامج آخر الميكروفون.',
  insecure: 'لا يعمل التسجيل إلا في الصفحات الآمنة (https).',
  framed: 'الصفحة التي تضم هذه المحادثة لا تسمح بالميكروفون.',
  unsupported: 'لا يمكن لهذا المتصفح تسجيل الرسائل الصوتية.',
};

export const VOICE_WORDS: Readonly<Record<Language, VoiceWords>> = { en, es, ar };

export function voiceWords(lang: string): VoiceWords {
  return VOICE_WORDS[lang as Language] ?? en;
}
