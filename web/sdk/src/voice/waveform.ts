/** The loudness of a voice message over time: 64 steps, each a digit to the base of 32. */

/** The steps of a waveform. */
export const STEPS = 64;
const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const HIGHEST = DIGITS.length - 1;
/** A recording that is softer than this throughout, of 1, counts as silent. */
const SILENCE = 0.01;

/**
 * `samples`, each from -1 to 1, in 64 steps of loudness. The loudest step is the highest one, so that soft speech is
 * visible, too.
 */
export function waveformOf(samples: Float32Array): string {
  const part = (step: number) => Math.floor((step * samples.length) / STEPS);
  const peaks = Array.from({ length: STEPS }, (_, step) => loudest(samples, part(step), part(step + 1)));
  const most = Math.max(SILENCE, ...peaks);
  return peaks.map(peak => DIGITS.charAt(Math.round((HIGHEST * peak) / most))).join('');
}

/** A waveform of the same height throughout, for a recording that cannot be decoded. */
export function flatWaveform(): string {
  return DIGITS.charAt(8).repeat(STEPS);
}

/** The heights of a waveform's steps, from 0 to 1. Invalid characters count as 0. */
export function heights(waveform: string): number[] {
  return [...waveform].map(step => Math.max(0, DIGITS.indexOf(step)) / HIGHEST);
}

/** The largest absolute value of `samples`. */
export function loudest(samples: Float32Array, from = 0, to = samples.length): number {
  let most = 0;
  for (let at = from; at < to; at++) most = Math.max(most, Math.abs(samples[at] ?? 0));
  return most;
}
