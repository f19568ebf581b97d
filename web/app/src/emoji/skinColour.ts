import { onDevice } from '../platform/storage.ts';

const KEY = 'jobline.skin-colour';

/** The skin tone that was last chosen on this device: 0 for none, else 1 to 5, the lightest first. */
export const skinColour = {
  get: () => Number(onDevice.get(KEY)) || 0,
  set: (colour: number) => onDevice.set(KEY, String(colour)),
};
