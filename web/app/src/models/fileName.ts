import { plain } from './plainText.ts';

/** A file name in two parts, so that a long one can be cut in the middle and never loses its ending. */
export interface FileName {
  readonly base: string;
  /** With its dot, or empty. */
  readonly ending: string;
}

/** `name` as it may be shown: without a path and without deceptive characters. */
export function fileName(name: string | undefined, fallback: string): FileName {
  const whole = plain((name ?? '').replace(/^.*[/\\]/s, '')) || fallback;
  const dot = whole.lastIndexOf('.');
  if (dot < 1 || whole.length - dot > 6) return { base: whole, ending: '' };
  return { base: whole.slice(0, dot), ending: whole.slice(dot) };
}

/** Width and height in pixels of a picture. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** The name under which a re-encoded photo is sent: short, plain, and with the ending of its new type. */
export function reencodedName(name: string, ending: string): string {
  const base = plain(name.replace(/^.*[/\\]/s, '')).replace(/\.[^.]{1,5}$/, '');
  return `${[...(base || 'photo')].slice(0, 60).join('')}.${ending}`;
}
