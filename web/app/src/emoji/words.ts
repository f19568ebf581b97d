/** The picker's texts. */

import type { Language } from '../i18n/languages.ts';

const en = {
  search: 'Search emoji',
  none: 'No emoji found.',
  colour: 'Skin colour',
  smileys: 'Smileys',
  people: 'People',
  nature: 'Animals and nature',
  food: 'Food and drink',
  places: 'Travel and places',
  activities: 'Activities',
  objects: 'Objects',
  symbols: 'Symbols',
  flags: 'Flags',
};

export type PickerWords = Readonly<Record<keyof typeof en, string>>;
export type Group = Exclude<keyof typeof en, 'search' | 'none' | 'colour'>;

const es: PickerWords = {
  search: 'Buscar emojis',
  none: 'No hay ningún emoji así.',
  colour: 'Color de piel',
  smileys: 'Caras',
  people: 'Personas',
  nature: 'Animales y naturaleza',
  food: 'Comida y bebida',
  places: 'Viajes y lugares',
  activities: 'Actividades',
  objects: 'Objetos',
  symbols: 'Símbolos',
  flags: 'Banderas',
};

const ar: PickerWords = {
  search: 'البحث في الرموز',
  none: 'لا يوجد رمز كهذا.',
  colour: 'لون البشرة',
  smileys: 'وجوه',
  people: 'أشخاص',
  nature: 'حيوانات وطبيعة',
  food: 'طعام وشراب',
  places: 'سفر وأماكن',
  activities: 'أنشطة',
  objects: 'أشياء',
  symbols: 'رموز',
  flags: 'أعلام',
};

export const PICKER_WORDS: Readonly<Record<Language, PickerWords>> = { en, es, ar };
