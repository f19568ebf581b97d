/** The texts of the large view of photos, in each language, loaded with it and not at the start. */

import type { Language } from '../i18n/languages.ts';

const en = {
  photos: 'Photos',
  previous: 'Previous photo',
  next: 'Next photo',
  position: '{number} of {count}',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  download: 'Download',
};

export type LightboxWords = Readonly<typeof en>;

const es: LightboxWords = {
  photos: 'Fotos',
  previous: 'Foto anterior',
  next: 'Foto siguiente',
  position: '{number} de {count}',
  zoomIn: 'Acercar',
  zoomOut: 'Alejar',
  download: 'Descargar',
};

const ar: LightboxWords = {
  photos: 'الصور',
  previous: 'الصورة السابقة',
  next: 'الصورة التالية',
  position: '{number} من {count}',
  zoomIn: 'تكبير',
  zoomOut: 'تصغير',
  download: 'تنزيل',
};

export const LIGHTBOX_WORDS: Readonly<Record<Language, LightboxWords>> = { en, es, ar };

export function lightboxWords(lang: string): LightboxWords {
  return LIGHTBOX_WORDS[lang as Language] ?? en;
}
