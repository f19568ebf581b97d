import { crc32, deflateSync } from 'node:zlib';

/** A PNG of this size with a gradient; another `seed` gives another picture. */
export function png(width: number, height: number, seed = 0): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      rows[at] = (x * 255) / width;
      rows[at + 1] = (y * 255) / height;
      rows[at + 2] = (seed * 40 + 90) % 256;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A PNG with a second frame, and with `told` as metadata, as cameras and editors write it. */
export function animatedPng(width: number, height: number, told: string): Buffer {
  const still = png(width, height);
  const frame = (number: number) => {
    const control = Buffer.alloc(26);
    for (const [place, value] of [number, width, height].entries()) control.writeUInt32BE(value, place * 4);
    control.writeUInt16BE(1, 20);
    control.writeUInt16BE(2, 22);
    return chunk('fcTL', control);
  };
  const pixels = still.subarray(still.indexOf('IDAT') + 4, still.indexOf('IEND') - 8);
  return Buffer.concat([
    still.subarray(0, 33),
    chunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.from(told)),
    frame(0),
    chunk('IDAT', pixels),
    frame(1),
    chunk('fdAT', Buffer.concat([Buffer.from([0, 0, 0, 2]), pixels])),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** A small PDF, complete enough for a check of its first bytes. */
export function pdf(bytes = 2_000): Buffer {
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes, 'a '), Buffer.from('\n%%EOF\n')]);
}
