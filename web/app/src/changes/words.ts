/** The texts about changed messages, in each language, loaded with the menu and the announcer. */

import type { Language } from '../i18n/languages.ts';
import type { Message } from '../i18n/translator.ts';

const en = {
  announce: '{name}: {text}',
  announceEdited: '{name} changed a message: {text}',
  announceDeleted: '{name} deleted a message',
  announceReacted: '{name} reacted with {emoji} to: {text}',
  moreEmoji: 'More emoji',
  emojiFailed: 'The emoji could not be loaded. Check the connection and open them again.',
  copied: 'Copied',
  notCopied: 'It could not be copied',
  versionsTitle: 'What this message said',
  deleteTitle: 'Delete this message?',
  deleteText: 'It is deleted for everyone. That cannot be undone.',
  notEdited: 'Not changed.',
  notDeleted: 'Not deleted.',
  notReacted: 'The reaction was not added.',
};

export type ChangeWords = Readonly<Record<keyof typeof en, Message>>;

const es: ChangeWords = {
  announce: '{name}: {text}',
  announceEdited: '{name} cambió un mensaje: {text}',
  announceDeleted: '{name} eliminó un mensaje',
  announceReacted: '{name} reaccionó con {emoji} a: {text}',
  moreEmoji: 'Más emojis',
  emojiFailed: 'No se pudieron cargar los emojis. Comprueba la conexión y ábrelos de nuevo.',
  copied: 'Copiado',
  notCopied: 'No se pudo copiar',
  versionsTitle: 'Lo que decía este mensaje',
  deleteTitle: '¿Eliminar este mensaje?',
  deleteText: 'Se elimina para todos. No se puede deshacer.',
  notEdited: 'No se cambió.',
  notDeleted: 'No se eliminó.',
  notReacted: 'La reacción no se añadió.',
};

const ar: ChangeWords = {
  announce: '{name}: {text}',
  announceEdited: 'عدّل {name} رسالة: {text}',
  announceDeleted: 'حذف {name} رسالة',
  announceReacted: 'تفاعل {name} بـ {emoji} مع: {text}',
  moreEmoji: 'المزيد من الرموز',
  emojiFailed: 'تعذّر تحميل الرموز. تحقّق من الاتصال وافتحها مرة أخرى.',
  copied: 'تم النسخ',
  notCopied: 'تعذّر النسخ',
  versionsTitle: 'نصوص هذه الرسالة',
  deleteTitle: 'هل تُحذف هذه الرسالة؟',
  deleteText: 'تُحذف لدى الجميع، ولا يمكن التراجع عن ذلك.',
  notEdited: 'لم تُعدّل.',
  notDeleted: 'لم تُحذف.',
  notReacted: 'لم يُضف التفاعل.',
};

export const CHANGE_WORDS: Readonly<Record<Language, ChangeWords>> = { en, es, ar };

export function changeWords(lang: string): ChangeWords {
  return CHANGE_WORDS[lang as Language] ?? en;
}
