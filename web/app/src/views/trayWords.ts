/** The texts above the field of the composer, in each language, loaded with them and not at the start. */

import type { Language } from '../i18n/languages.ts';
import type { Plural } from '../i18n/translator.ts';

const en = {
  attachments: 'To be sent',
  attachmentCount: { one: '{count} file', other: '{count} files' } as Plural,
  removeAttachment: 'Remove {name}',
  preparing: 'Preparing the photo',
  editing: 'Editing a message that was not sent',
  editingSent: 'Editing a message',
  replyingTo: 'Replying to {name}',
};

export type TrayWords = Readonly<typeof en>;

const es: TrayWords = {
  attachments: 'Para enviar',
  attachmentCount: { one: '{count} archivo', many: '{count} de archivos', other: '{count} archivos' },
  removeAttachment: 'Quitar {name}',
  preparing: 'Preparando la foto',
  editing: 'Editando un mensaje no enviado',
  editingSent: 'Editando un mensaje',
  replyingTo: 'Respondiendo a {name}',
};

const ar: TrayWords = {
  attachments: 'للإرسال',
  attachmentCount: {
    zero: 'لا ملفات',
    one: 'ملف واحد ({count})',
    two: 'ملفان ({count})',
    few: '{count} ملفات',
    many: '{count} ملفًا',
    other: '{count} ملف',
  },
  removeAttachment: 'إزالة {name}',
  preparing: 'جارٍ تجهيز الصورة',
  editing: 'تعديل رسالة لم تُرسل',
  editingSent: 'تعديل رسالة',
  replyingTo: 'الرد على {name}',
};

export const TRAY_WORDS: Readonly<Record<Language, TrayWords>> = { en, es, ar };

export function trayWords(lang: string): TrayWords {
  return TRAY_WORDS[lang as Language] ?? en;
}
