// Draws the PNG icons from the same shape as public/icon.svg: `npm run icons`. Node's own zlib is all that a PNG needs.

import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const GROUND = [15, 101, 119];
const PAPER = [255, 255, 255];

/** How far a point is inside (negative) or outside of a box with round corners. */
function box(x, y, left, top, right, bottom, radius) {
  const dx = Math.max(left + radius - x, x - (right - radius), 0);
  const dy = Math.max(top + radius - y, y - (bottom - radius), 0);
  return Math.hypot(dx, dy) - radius;
}

/** The speech bubble with two lines in it, on a field of 100 by 100. */
function paper(x, y) {
  const bubble =
    box(x, y, 22, 24, 78, 66, 12) <= 0 || (x >= 32 && x <= 50 && y >= 60 && y <= 82 - (x - 32) * 1.1);
  const lines = box(x, y, 33, 36, 67, 41.5, 2.75) <= 0 || box(x, y, 33, 48.5, 55, 54, 2.75) <= 0;
  return bubble && !lines;
}

/** One pixel, from 4 by 4 samples: [red, green, blue, alpha]. */
function pixel(column, row, size, corner) {
  let ground = 0;
  let ink = 0;
  for (let sample = 0; sample < 16; sample++) {
    const x = ((column + ((sample % 4) + 0.5) / 4) * 100) / size;
    const y = ((row + (Math.floor(sample / 4) + 0.5) / 4) * 100) / size;
    if (box(x, y, 0, 0, 100, 100, corner) > 0) continue;
    ground++;
    if (paper(x, y)) ink++;
  }
  const mix = part => Math.round((GROUND[part] * (ground - ink) + PAPER[part] * ink) / Math.max(1, ground));
  return [mix(0), mix(1), mix(2), Math.round((255 * ground) / 16)];
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function png(size, corner) {
  const rows = [];
  for (let row = 0; row < size; row++) {
    rows.push(0);
    for (let column = 0; column < size; column++) rows.push(...pixel(column, row, size, corner));
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

// Apple rounds the corners itself, and so does every system that masks an icon.
for (const [name, size, corner] of [
  ['icon-192', 192, 22],
  ['icon-512', 512, 22],
  ['icon-180', 180, 0],
  ['icon-maskable', 512, 0],
]) {
  writeFileSync(new URL(`../public/${name}.png`, import.meta.url), png(size, corner));
}
