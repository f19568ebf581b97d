/** The texts of the settings, in each language: loaded with them, and not in an embedded chat. */

import type { Language } from '../i18n/languages.ts';
import type { Message } from '../i18n/translator.ts';

const en = {
  signedInAs: 'Signed in as {name}',
  language: 'Language',
  automatic: 'Automatic (as in the browser)',
  install: 'Install as an app',
  switchPerson: 'Be someone else',
  signOut: 'Sign out',
  signOutText: 'Signing out removes every message from this device.',
  signOutEverywhere: 'Sign out everywhere on this device',
  signOutEverywhereText:
    'Everywhere: everybody who uses the app in this browser is signed out in every tab, and all that it keeps here is removed.',
  signOutFailed: 'The browser did not let go of everything. Close other tabs of the app and try again.',
  unsentWarning: {
    one: '{count} message has not been sent and will be lost.',
    other: '{count} messages have not been sent and will be lost.',
  },
  notifications: 'Notifications on this device',
  notificationsText: 'You are told of new messages when this app is closed.',
  notificationsBlocked: 'Notifications are blocked for this page. Allow them in the settings of the browser.',
  push: 'Notifications on all my devices',
  mail: 'E-mail about unread messages',
  presence: 'Show when I am online',
  presenceText: 'If you do not show it, you do not see it of others.',
  blocked: 'Blocked people',
};

export type SettingsWords = Readonly<Record<keyof typeof en, Message>>;

const es: SettingsWords = {
  signedInAs: 'Sesión de {name}',
  language: 'Idioma',
  automatic: 'Automático (navegador)',
  install: 'Instalar como aplicación',
  switchPerson: 'Ser otra persona',
  signOut: 'Cerrar sesión',
  signOutText: 'Al cerrar sesión se borran todos los mensajes de este dispositivo.',
  signOutEverywhere: 'Cerrar todas las sesiones en este dispositivo',
  signOutEverywhereText:
    'Todas: se cierra la sesión de todas las personas que usan la aplicación en este navegador, en todas las pestañas, y se borra todo lo que guarda aquí.',
  signOutFailed:
    'El navegador no ha borrado todo. Cierra las demás pestañas de la aplicación e inténtalo de nuevo.',
  unsentWarning: {
    one: '{count} mensaje no se ha enviado y se perderá.',
    many: '{count} de mensajes no se han enviado y se perderán.',
    other: '{count} mensajes no se han enviado y se perderán.',
  },
  notifications: 'Notificaciones en este dispositivo',
  notificationsText: 'Se te avisa de mensajes nuevos cuando esta aplicación está cerrada.',
  notificationsBlocked:
    'Las notificaciones están bloqueadas para esta página. Permítelas en los ajustes del navegador.',
  push: 'Notificaciones en todos mis dispositivos',
  mail: 'Correo sobre mensajes sin leer',
  presence: 'Mostrar cuándo estoy en línea',
  presenceText: 'Si no lo muestras, tampoco lo ves de los demás.',
  blocked: 'Personas bloqueadas',
};

const ar: SettingsWords = {
  signedInAs: 'الحساب: {name}',
  language: 'اللغة',
  automatic: 'تلقائي (لغة المتصفح)',
  install: 'تثبيت كتطبيق',
  switchPerson: 'كن شخصًا آخر',
  signOut: 'تسجيل الخروج',
  signOutText: 'يزيل تسجيل الخروج كل الرسائل من هذا الجهاز.',
  signOutEverywhere: 'تسجيل الخروج من كل مكان على هذا الجهاز',
  signOutEverywhereText:
    'من كل مكان: يُسجَّل خروج كل من يستخدم التطبيق في هذا المتصفح من جميع علامات التبويب، ويُزال كل ما يحتفظ به هنا.',
  signOutFailed: 'لم يُزل المتصفح كل شيء. أغلق علامات التبويب الأخرى للتطبيق وحاول مجددًا.',
  unsentWarning: {
    zero: 'لا رسائل غير مرسلة.',
    one: 'رسالة واحدة ({count}) لم تُرسل وستُفقد.',
    two: 'رسالتان ({count}) لم تُرسلا وستُفقدان.',
    few: '{count} رسائل لم تُرسل وستُفقد.',
    many: '{count} رسالة لم تُرسل وستُفقد.',
    other: '{count} رسالة لم تُرسل وستُفقد.',
  },
  notifications: 'الإشعارات على هذا الجهاز',
  notificationsText: 'تُخبَر بالرسائل الجديدة عندما يكون هذا التطبيق مغلقًا.',
  notificationsBlocked: 'الإشعارات محظورة لهذه الصفحة. اسمح بها في إعدادات المتصفح.',
  push: 'الإشعارات على جميع أجهزتي',
  mail: 'بريد إلكتروني عن الرسائل غير المقروءة',
  presence: 'إظهار متى أكون متصلًا',
  presenceText: 'إن لم تُظهره فلن تراه لدى الآخرين.',
  blocked: 'الأشخاص المحظورون',
};

export const SETTINGS_WORDS: Readonly<Record<Language, SettingsWords>> = { en, es, ar };

export function settingsWords(lang: string): SettingsWords {
  return SETTINGS_WORDS[lang as Language] ?? en;
}
