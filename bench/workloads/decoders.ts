/**
 * The cost of a framing without sockets: frames of a u32 length and a payload, in chunks of 64 KiB from memory. It compares the
 * loop that everyone writes by hand on raw chunks, our codec, a decoder by hand over `ByteBuffer`, and a generator, by the median
 * time of a chunk.
 *
 * `by hand over ByteBuffer` reads the length as the generator does: four bytes, then a number. `…, readUInt` needs no Buffer for
 * them. Half of the extra cost of a generator is making and resuming one for each frame. The other half are the two `yield*`,
 * which the engine does not inline.
 */
import { Subject } from 'rxjs';
import { type Decoder, decode, lengthPrefixed } from 'rxjs-tcp';
import { blockOf } from '../support/blocks';
import { ownProcessCase } from '../support/ownProcessCase';
import { median } from '../support/statistics';
import type { Case, Values, Workload } from '../support/Workload';

const ROUNDS = 3000;
const WARM = 600;
const CHUNK = 64 * 1024;

/** Takes chunks, and counts the frames and their bytes. */
interface Way {
  push(chunk: Buffer): void;
  readonly counted: { frames: number; bytes: number };
}

const byHand: Decoder<Buffer> = {
  decode(buffer) {
    if (buffer.length < 4) return undefined;
    const size = buffer.peek(4).readUInt32BE();
    if (buffer.length < 4 + size) return undefined;
    buffer.skip(4);
    return buffer.take(size);
  },
};

const byHandWithNumber: Decoder<Buffer> = {
  decode(buffer) {
    if (buffer.length < 4) return undefined;
    const size = buffer.readUInt(0, 4);
    if (buffer.length < 4 + size) return undefined;
    buffer.skip(4);
    return buffer.take(size);
  },
};

const FLOOR = 'raw loop';
export const ways: Record<string, () => Way> = {
  [FLOOR]: rawLoop,
  'rxjs-tcp lengthPrefixed': () => piped(decode(lengthPrefixed({ bytes: 4 }))),
  'by hand over ByteBuffer': () => piped(decode(byHand)),
  'by hand over ByteBuffer, readUInt': () => piped(decode(byHandWithNumber)),
  generator: () =>
    piped(
      decode(function* (read) {
        const size = (yield* read.exactly(4)).readUInt32BE();
        return yield* read.exactly(size);
      }),
    ),
};

function rawLoop(): Way {
  const counted = { frames: 0, bytes: 0 };
  let rest: Buffer = Buffer.alloc(0);
  return {
    counted,
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (bytes.length - at >= 4) {
        const size = bytes.readUInt32BE(at);
        if (bytes.length - at - 4 < size) break;
        const frame = bytes.subarray(at + 4, at + 4 + size);
        at += 4 + size;
        counted.frames++;
        counted.bytes += frame.length;
      }
      rest = bytes.subarray(at);
    },
  };
}

function piped(operator: ReturnType<typeof decode<Buffer>>): Way {
  const counted = { frames: 0, bytes: 0 };
  const chunks = new Subject<Buffer>();
  chunks.pipe(operator).subscribe((frame) => {
    counted.frames++;
    counted.bytes += frame.length;
  });
  return { counted, push: (chunk) => chunks.next(chunk) };
}

function measure(make: () => Way, size: number): Values {
  const way = make();
  const chunks = chunksOf(size);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS + WARM; round++) {
    const chunk = chunks[round % chunks.length]!;
    const start = performance.now();
    way.push(chunk);
    if (round >= WARM) times.push(performance.now() - start);
  }
  const frames = Math.floor(((ROUNDS + WARM) * CHUNK) / (4 + size));
  const { counted } = way;
  if (counted.frames !== frames || counted.bytes !== frames * size)
    throw new Error(`Cannot trust a run: ${counted.frames} frames of ${frames}`);
  return { time: (median(times) * 1e6 * (4 + size)) / CHUNK };
}

/** Frames in chunks, cut at any place as a socket cuts them. After the last chunk the first one may follow. */
export function chunksOf(size: number): Buffer[] {
  const { bytes, frames } = blockOf({ kind: 'frames', size });
  const frame = bytes.subarray(0, bytes.length / frames);
  const whole = Buffer.concat(Array.from({ length: CHUNK }, () => frame));
  return Array.from({ length: 4 + size }, (_, i) => Buffer.from(whole.subarray(i * CHUNK, (i + 1) * CHUNK)));
}

function caseOf(size: number, title: string, main: readonly string[]): Case {
  return ownProcessCase({
    main,
    id: `${size}`,
    title: `decoders, frames of ${title}, from memory`,
    metrics: [{ key: 'time', title: 'ns/frame', unit: 1, less: true }],
    floor: FLOOR,
    rounds: 2,
    contenders: Object.fromEntries(Object.entries(ways).map(([name, make]) => [name, () => measure(make, size)])),
  });
}

export const workload: Workload = {
  name: 'decoders',
  title: 'Decoders, without sockets',
  cases: [caseOf(32, '32 bytes', ['by hand over ByteBuffer', 'generator']), caseOf(1024, '1 KiB', [])],
};
