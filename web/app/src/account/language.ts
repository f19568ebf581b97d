/** The language that the reader chose on this device. Only the settings read and write it. */

import { isLanguage, type Language } from '../i18n/languages.ts';
import { KEPT } from '../platform/language.ts';
import { onDevice } from '../platform/storage.ts';

/** A language, or empty for that of the browser. */
export type Choice = Language | '';

export function chosenLanguage(): Choice {
  return choiceOf(onDevice.get(KEPT));
}

export function keepLanguage(choice: Choice): void {
  onDevice.set(KEPT, choice);
}

/** The choice that a text names. */
export function choiceOf(text: string | undefined): Choice {
  return isLanguage(text) ? text : '';
}
