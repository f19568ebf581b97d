import { strippedGif } from './gif.ts';

/** A picture that may be animated, without metadata: Exif, XMP, comments, texts, times. */
export interface Moving {
  readonly type: 'image/gif' | 'image/png' | 'image/webp';
  readonly parts: Uint8Array<ArrayBuffer>[];
}

/**
 * A GIF, or an animated PNG or WebP, as it is sent: re-encoding would end the animation, so its frames are unchanged. Of
 * the chunks of a PNG or WebP, only those that are drawn are kept. Undefined for anything else, which is re-encoded. The
 * bytes decide, not the name.
 */
export function moving(bytes: Uint8Array<ArrayBuffer>): Moving | undefined {
  if (bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signature = name(view, 0);
  if (signature === 'GIF8') return { type: 'image/gif', parts: strippedGif(bytes) };
  const webp = signature === 'RIFF' && name(view, 8) === 'WEBP';
  const parts =
    signature === '\x89PNG' ? strippedPng(bytes, view) : webp ? strippedWebp(bytes, view) : undefined;
  return parts && { type: webp ? 'image/webp' : 'image/png', parts };
}

interface Piece {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The chunks of a PNG that are drawn: picture, colours, frames. */
const PNG_DRAWN = /^([A-Z]...|acTL|fcTL|fdAT|tRNS|gAMA|cHRM|sRGB|iCCP|cICP|sBIT|pHYs|bKGD)$/;
const WEBP_DRAWN = /^(VP8X|VP8 |VP8L|ALPH|ANIM|ANMF|ICCP)$/;
/** The flags of a WebP with Exif and XMP. */
const TOLD = 0x08 | 0x04;

function strippedPng(bytes: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer>[] | undefined {
  const pieces = [...walk(bytes, 8, at => [name(view, at + 4), view.getUint32(at) + 12])];
  const end = pieces.findIndex(piece => piece.name === 'IEND');
  if (end < 0 || !pieces.some(piece => piece.name === 'acTL')) return undefined;
  return [bytes.subarray(0, 8), ...drawn(pieces.slice(0, end + 1), PNG_DRAWN)];
}

function strippedWebp(bytes: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer>[] | undefined {
  const pieces = [...walk(bytes, 12, at => [name(view, at), even(view.getUint32(at + 4, true)) + 8])];
  if (!pieces.some(piece => piece.name === 'ANIM')) return undefined;
  const kept = drawn(pieces, WEBP_DRAWN).map(piece => piece.slice());
  const head = bytes.slice(0, 12);
  const size = kept.reduce((sum, piece) => sum + piece.length, 4);
  new DataView(head.buffer).setUint32(4, size, true);
  const features = kept.find(piece => piece[3] === 'X'.charCodeAt(0));
  if (features) features[8] = (features[8] ?? 0) & ~TOLD;
  return [head, ...kept];
}

/**
 * The chunks from `from` on, each with the name and the length that `next` returns; truncated ones are left out.
 */
function* walk(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  next: (at: number) => readonly [name: string, length: number],
): Generator<Piece> {
  for (let at = from; at + 8 <= bytes.length; ) {
    const [name, length] = next(at);
    if (at + length > bytes.length) return;
    yield { name, bytes: bytes.subarray(at, at + length) };
    at += length;
  }
}

function drawn(pieces: readonly Piece[], wanted: RegExp): Uint8Array<ArrayBuffer>[] {
  return pieces.filter(piece => wanted.test(piece.name)).map(piece => piece.bytes);
}

function name(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map(place => view.getUint8(at + place)));
}

function even(length: number): number {
  return length + (length & 1);
}
