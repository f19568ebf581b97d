/** The texts of moderation and of the offer of notifications, in each language, loaded with them. */

import type { Language } from '../i18n/languages.ts';
import type { Message } from '../i18n/translator.ts';

const en = {
  unblock: 'Unblock {name}',
  block: 'Block {name}',
  blockText:
    'They cannot write to you or call you any more, and do not see when you are online. What was written stays.',
  mute: 'Mute this conversation',
  unmute: 'Unmute this conversation',
  report: 'Report this conversation',
  reportText: 'The marketplace sees this conversation and decides what to do. {name} is not told.',
  reportMessage: 'Report this message',
  reportMessageText: 'The marketplace sees this message and those around it. {name} is not told.',
  reportReason: 'What is wrong?',
  reasonSpam: 'Advertising or spam',
  reasonFraud: 'Fraud or a false offer',
  reasonAbuse: 'Insults or threats',
  reasonOther: 'Something else',
  reportComment: 'More about it, if you like',
  reportSend: 'Send the report',
  reported: 'Thank you. The marketplace has your report.',
  failed: 'That did not work. Try again when you are online.',
  offer: 'Be told of new messages when this app is closed?',
  offerYes: 'Turn on notifications',
  offerNo: 'Not now',
};

export type AccountWords = Readonly<Record<keyof typeof en, Message>>;

const es: AccountWords = {
  unblock: 'Desbloquear a {name}',
  block: 'Bloquear a {name}',
  blockText: 'Ya no podrá escribirte ni llamarte, ni verá cuándo estás en línea. Lo escrito se conserva.',
  mute: 'Silenciar esta conversación',
  unmute: 'Dejar de silenciar esta conversación',
  report: 'Denunciar esta conversación',
  reportText: 'La plataforma ve esta conversación y decide qué hacer. {name} no se entera.',
  reportMessage: 'Denunciar este mensaje',
  reportMessageText: 'La plataforma ve este mensaje y los que lo rodean. {name} no se entera.',
  reportReason: '¿Qué ocurre?',
  reasonSpam: 'Publicidad o correo basura',
  reasonFraud: 'Fraude u oferta falsa',
  reasonAbuse: 'Insultos o amenazas',
  reasonOther: 'Otra cosa',
  reportComment: 'Más detalles, si quieres',
  reportSend: 'Enviar la denuncia',
  reported: 'Gracias. La plataforma tiene tu denuncia.',
  failed: 'No ha funcionado. Inténtalo de nuevo cuando tengas conexión.',
  offer: '¿Quieres que se te avise de mensajes nuevos cuando la aplicación esté cerrada?',
  offerYes: 'Activar notificaciones',
  offerNo: 'Ahora no',
};

const ar: AccountWords = {
  unblock: 'إلغاء حظر {name}',
  block: 'حظر {name}',
  blockText: 'لن يستطيع الكتابة إليك أو الاتصال بك، ولن يرى متى تكون متصلًا. وما كُتب يبقى.',
  mute: 'كتم هذه المحادثة',
  unmute: 'إلغاء كتم هذه المحادثة',
  report: 'الإبلاغ عن هذه المحادثة',
  reportText: 'ترى المنصة هذه المحادثة وتقرر ما يجب فعله. ولا يُخبَر {name} بذلك.',
  reportMessage: 'الإبلاغ عن هذه الرسالة',
  reportMessageText: 'ترى المنصة هذه الرسالة وما حولها. ولا يُخبَر {name} بذلك.',
  reportReason: 'ما المشكلة؟',
  reasonSpam: 'إعلانات أو رسائل مزعجة',
  reasonFraud: 'احتيال أو عرض كاذب',
  reasonAbuse: 'إهانات أو تهديدات',
  reasonOther: 'شيء آخر',
  reportComment: 'تفاصيل أخرى إن أردت',
  reportSend: 'إرسال البلاغ',
  reported: 'شكرًا لك. وصل بلاغك إلى المنصة.',
  failed: 'لم ينجح ذلك. حاول مجددًا عندما تكون متصلًا.',
  offer: 'هل تريد أن تُخبَر بالرسائل الجديدة عندما يكون هذا التطبيق مغلقًا؟',
  offerYes: 'تفعيل الإشعارات',
  offerNo: 'ليس الآن',
};

export const ACCOUNT_WORDS: Readonly<Record<Language, AccountWords>> = { en, es, ar };

export function accountWords(lang: string): AccountWords {
  return ACCOUNT_WORDS[lang as Language] ?? en;
}
