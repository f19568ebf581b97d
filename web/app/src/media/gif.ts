/**
 * A GIF without its comments and without the metadata of editing programs (XMP and the like). The frames stay as they
 * are, byte for byte: drawing them again would end the animation. Unknown blocks are left unchanged.
 */
export function strippedGif(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let from = 0;
  for (const block of extensions(bytes)) {
    if (!block.metadata) continue;
    kept.push(bytes.subarray(from, block.start));
    from = block.end;
  }
  kept.push(bytes.subarray(from));
  return kept;
}

interface Extension {
  readonly start: number;
  readonly end: number;
  readonly metadata: boolean;
}

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const COMMENT = 0xfe;
const APPLICATION = 0xff;

/** Every extension block, up to the end or to the first bytes that are no GIF. */
function* extensions(bytes: Uint8Array): Generator<Extension> {
  const signature = String.fromCharCode(...bytes.subarray(0, 4));
  if (signature !== 'GIF8') return;
  let at = 13 + colorTable(bytes[10]);
  while (at < bytes.length) {
    const start = at;
    if (bytes[at] === IMAGE) {
      at = subBlocks(bytes, at + 11 + colorTable(bytes[at + 9]));
    } else if (bytes[at] === EXTENSION) {
      const label = bytes[at + 1];
      at = subBlocks(bytes, at + 2);
      yield {
        start,
        end: at,
        metadata: label === COMMENT || (label === APPLICATION && !loops(bytes, start)),
      };
    } else {
      return;
    }
  }
}

/** Bytes of a colour table, by the flags before it. */
function colorTable(flags = 0): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Where the sub-blocks that begin at `at` end. */
function subBlocks(bytes: Uint8Array, at: number): number {
  let next = at;
  for (let length = bytes[next]; length; length = bytes[next]) next += length + 1;
  return next + 1;
}

/** Whether this is the application extension with the number of repetitions, which stays. */
function loops(bytes: Uint8Array, start: number): boolean {
  const name = String.fromCharCode(...bytes.subarray(start + 3, start + 14));
  return name === 'NETSCAPE2.0' || name === 'ANIMEXTS1.0';
}
