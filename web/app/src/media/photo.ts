import { type Dimensions, reencodedName } from '../models/fileName.ts';
import { isPhoto, typeOf } from './kinds.ts';
import { type Moving, moving } from './moving.ts';

/**
 * The longer side of a photo after shrinking, in pixels: sharp on a phone held sideways, a tenth of a camera's bytes.
 */
const LONG_SIDE = 2048;
const QUALITY = 0.82;
/** A drawing with hard edges stays PNG, unless it needs more bytes than this. */
const PNG_LIMIT = 2_000_000;

/** A file as it will be sent. */
export interface Prepared {
  readonly blob: Blob;
  /** The bytes of `blob`. */
  readonly bytes: ArrayBuffer;
  readonly name: string;
  readonly type: string;
  readonly size?: Dimensions;
  /** The browser could not open it, so metadata of a camera (perhaps a location) is still in it. */
  readonly untouched?: true;
}

/**
 * `file`, prepared for sending: photos upright, at most 2,048 pixels long, and re-encoded, so that no metadata of the camera
 * (place, time, device) is left; animated pictures with unchanged frames and without metadata; other files unchanged.
 */
export async function prepared(file: File): Promise<Prepared> {
  const ready = await made(file);
  return { ...ready, bytes: await ready.blob.arrayBuffer() };
}

type Made = Omit<Prepared, 'bytes'>;

async function made(file: File): Promise<Made> {
  const type = typeOf(file.name, file.type) ?? file.type;
  const asIs: Made = {
    blob: file.type === type ? file : new Blob([file], { type }),
    name: file.name,
    type,
  };
  if (!isPhoto(type) && type !== 'image/gif') return asIs;
  const found = moving(new Uint8Array(await file.arrayBuffer()));
  if (found) return undrawn(found, file.name);
  const picture = await decoded(file);
  if (!picture) return { ...asIs, untouched: true };
  try {
    return await redrawn(picture, file.name, type);
  } finally {
    picture.close();
  }
}

/** The pixels, upright; undefined if the browser does not know the format (HEIC, in most) or the file is damaged. */
async function decoded(blob: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch {
    return undefined;
  }
}

async function undrawn({ parts, type }: Moving, name: string): Promise<Made> {
  const blob = new Blob(parts, { type });
  const picture = await decoded(blob);
  if (!picture) return { blob, name, type };
  const size = { width: picture.width, height: picture.height };
  picture.close();
  return { blob, name: reencodedName(name, type.slice(6)), type, size };
}

async function redrawn(picture: ImageBitmap, name: string, type: string): Promise<Made> {
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
  const size = {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
  if (type === 'image/png' || type === 'image/webp') {
    const lossless = await drawn(picture, size, 'image/png');
    if (lossless.size <= PNG_LIMIT)
      return { blob: lossless, name: reencodedName(name, 'png'), type: 'image/png', size };
  }
  const blob = await drawn(picture, size, 'image/jpeg');
  return { blob, name: reencodedName(name, 'jpg'), type: 'image/jpeg', size };
}

function drawn(picture: ImageBitmap, { width, height }: Dimensions, type: string): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: type === 'image/png' });
  if (!context) return Promise.reject(new Error('This browser has no canvas.'));
  context.imageSmoothingQuality = 'high';
  if (type === 'image/jpeg') {
    // JPEG has no transparency: transparent pixels become white, not black.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      blob => (blob ? resolve(blob) : reject(new Error('The photo could not be drawn.'))),
      type,
      QUALITY,
    );
  });
}
