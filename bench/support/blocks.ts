/** The bytes that a driver sends again and again: whole frames, so it can count blocks. */

export interface LinesSpec {
  readonly kind: 'lines';
  /** The size of a line in bytes, with its `\n`. */
  readonly size: number;
  readonly text: 'ascii' | 'wide';
}

export interface FramesSpec {
  readonly kind: 'frames';
  /** The size of a payload in bytes. Its length, four bytes, comes before it. */
  readonly size: number;
}

/** Random bytes. */
export interface BytesSpec {
  readonly kind: 'bytes';
}

export type BlockSpec = LinesSpec | FramesSpec | BytesSpec;

export interface Block {
  readonly bytes: Buffer;
  readonly frames: number;
  /** The length of all frames together, without separators and prefixes: in bytes, or in UTF-16 code units for text. */
  readonly length: number;
  readonly characters: number;
}

const SIZE = 1024 * 1024;
const ASCII = 'GET /items?page=3 from 10.0.0.7 took 18 ms; the quick brown fox jumps over it. ';
const WIDE = 'Zażółć gęślą jaźń – 東京は今日も雨です, на дворе трава 🙂 ';

const blocks = new Map<string, Block>();

/** At least 1 MiB of frames, the same each time. Do not write into it. */
export function blockOf(spec: BlockSpec): Block {
  const key = JSON.stringify(spec);
  let block = blocks.get(key);
  if (block === undefined) {
    block = made(spec);
    blocks.set(key, block);
  }
  return block;
}

function made(spec: BlockSpec): Block {
  if (spec.kind === 'bytes') return { bytes: noise(SIZE), frames: 0, length: 0, characters: 0 };
  const frame = spec.kind === 'lines' ? lineOf(spec) : frameOf(spec);
  const frames = Math.ceil(SIZE / frame.length);
  const overhead = spec.kind === 'lines' ? 1 : 4;
  return {
    bytes: Buffer.concat(Array.from({ length: frames }, () => frame)),
    frames,
    length: frames * (frame.length - overhead),
    characters: frames * (spec.kind === 'lines' ? frame.toString().length - 1 : frame.length - 4),
  };
}

function lineOf({ size, text }: LinesSpec): Buffer {
  const sample = text === 'ascii' ? ASCII : WIDE;
  let line = '';
  for (const character of sample.repeat(Math.ceil(size / sample.length))) {
    if (Buffer.byteLength(line) + Buffer.byteLength(character) > size - 1) break;
    line += character;
  }
  return Buffer.from(`${line}${'.'.repeat(size - 1 - Buffer.byteLength(line))}\n`);
}

function frameOf({ size }: FramesSpec): Buffer {
  const frame = Buffer.concat([Buffer.alloc(4), noise(size)]);
  frame.writeUInt32BE(size);
  return frame;
}

/** Bytes that look random, but are the same each time. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, state = 1; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
