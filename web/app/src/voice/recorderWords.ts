/** The texts during a recording, in each language, loaded with the part that records. */

import type { Language } from '../i18n/languages.ts';

const en = {
  recording: 'Recording',
  pause: 'Pause',
  resume: 'Go on recording',
  stop: 'Stop and listen',
  discard: 'Discard the recording',
  sendVoice: 'Send the voice message',
  how: 'Tap to record, or hold it and let go to send.',
  holding: 'Recording. Let go to send.',
  slideToCancel: 'Slide to cancel',
  slideToLock: 'Slide up to go on without holding',
  holdLonger: 'Hold to record, let go to send.',
  holdAgain: 'The microphone is allowed now. Hold again to record.',
  discarded: 'The recording was discarded.',
  full: 'A voice message has five minutes at most.',
  leaving: 'The recording has not been sent. It is lost when you leave.',
  refused: 'The microphone is not allowed for this page. Allow it in the settings of the browser.',
  noDevice: 'No microphone was found.',
  inUse: 'The microphone is used by another program.',
  insecure: 'Recording works on secure pages (https) alone.',
  framed: 'The page around this chat does not allow the microphone.',
  unsupported: 'This browser cannot record voice messages.',
};

export type RecorderWords = Readonly<typeof en>;

const es: RecorderWords = {
  recording: 'Grabando',
  pause: 'Pausar',
  resume: 'Seguir grabando',
  stop: 'Parar y escuchar',
  discard: 'Descartar la grabación',
  sendVoice: 'Enviar el mensaje de voz',
  how: 'Toca para grabar, o mantén pulsado y suelta para enviar.',
  holding: 'Grabando. Suelta para enviar.',
  slideToCancel: 'Desliza para cancelar',
  slideToLock: 'Desliza hacia arriba para seguir sin mantener pulsado',
  holdLonger: 'Mantén pulsado para grabar y suelta para enviar.',
  holdAgain: 'El micrófono ya está permitido. Mantén pulsado otra vez para grabar.',
  discarded: 'Se descartó la grabación.',
  full: 'Un mensaje de voz dura cinco minutos como máximo.',
  leaving: 'La grabación no se ha enviado. Si sales, se pierde.',
  refused: 'El micrófono no está permitido en esta página. Permítelo en los ajustes del navegador.',
  noDevice: 'No se encontró ningún micrófono.',
  inUse: 'Otro programa está usando el micrófono.',
  insecure: 'Solo se puede grabar en páginas seguras (https).',
  framed: 'La página que contiene este chat no permite el micrófono.',
  unsupported: 'Este navegador no puede grabar mensajes de voz.',
};

const ar: RecorderWords = {
  recording: 'جارٍ التسجيل',
  pause: 'إيقاف مؤقت',
  resume: 'متابعة التسجيل',
  stop: 'إنهاء التسجيل والاستماع',
  discard: 'حذف التسجيل',
  sendVoice: 'إرسال الرسالة الصوتية',
  how: 'انقر للتسجيل، أو اضغط مطولًا ثم ارفع إصبعك للإرسال.',
  holding: 'جارٍ التسجيل. ارفع إصبعك للإرسال.',
  slideToCancel: 'اسحب للإلغاء',
  slideToLock: 'اسحب إلى الأعلى للمتابعة دون ضغط',
  holdLonger: 'اضغط مطولًا للتسجيل، وارفع إصبعك للإرسال.',
  holdAgain: 'أصبح الميكروفون مسموحًا به. اضغط مطولًا مرة أخرى للتسجيل.',
  discarded: 'حُذف التسجيل.',
  full: 'لا تزيد مدة الرسالة الصوتية على خمس دقائق.',
  leaving: 'لم يُرسل التسجيل بعد، وسيضيع إذا غادرت.',
  refused: 'الميكروفون غير مسموح به لهذه الصفحة. اسمح به في إعدادات المتصفح.',
  noDevice: 'لم يُعثر على ميكروفون.',
  inUse: 'يستخدم برنامج آخر الميكروفون.',
  insecure: 'لا يعمل التسجيل إلا في الصفحات الآمنة (https).',
  framed: 'الصفحة التي تضم هذه المحادثة لا تسمح بالميكروفون.',
  unsupported: 'لا يمكن لهذا المتصفح تسجيل الرسائل الصوتية.',
};

export const RECORDER_WORDS: Readonly<Record<Language, RecorderWords>> = { en, es, ar };

export function recorderWords(lang: string): RecorderWords {
  return RECORDER_WORDS[lang as Language] ?? en;
}
