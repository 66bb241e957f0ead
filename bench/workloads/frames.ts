/** Payloads behind a length of four bytes: codec, generator and awaited reads, next to the loop by hand. */
import { decode, IncompleteReadError, lengthPrefixed, type StreamReader } from 'rxjs-tcp';
import * as bare from '../peers/bareObservable';
import { framesByHand } from '../peers/byHandFrames';
import * as naive from '../peers/naiveRxjs';
import { asyncio } from '../support/asyncio';
import { bun } from '../support/bun';
import { counting } from '../support/counting';
import { go } from '../support/go';
import { peer } from '../support/peer';
import { type Counted, overConnection, overNet } from '../support/serve';
import { streamCase } from '../support/streamCase';
import type { Case, Contender, Workload } from '../support/Workload';

const FLOOR = 'net by hand';
const CODEC = 'rxjs-tcp lengthPrefixed';

const contenders: Record<string, Contender> = {
  [FLOOR]: overNet(framesByHand),
  [CODEC]: overConnection(({ reader }) => counting(reader.pipe(decode(lengthPrefixed({ bytes: 4 }))))),
  'rxjs-tcp generator': overConnection(({ reader }) =>
    counting(
      reader.pipe(
        decode(function* (read) {
          const size = yield* read.uint(4);
          return yield* read.exactly(size);
        }),
      ),
    ),
  ),
  'rxjs-tcp await readExactly(), twice': overConnection(({ reader }) => countTwoReads(reader)),
  'an Observable, the bare loop': overNet((socket) => counting(bare.frames(socket))),
  'naive RxJS': overNet((socket) => counting(naive.frames(socket))),
  'it-byte-stream': peer('itByteStream', 'frames'),
  'it-length-prefixed-stream': peer('itByteStream', 'lengthPrefixed'),
  'promise-socket': peer('promiseSocket', 'frames'),
  'asyncio readexactly(), twice': asyncio('frames'),
  'Bun sockets': bun('frames'),
  'Go bufio': go('frames'),
};

const main = [
  CODEC,
  'rxjs-tcp generator',
  'rxjs-tcp await readExactly(), twice',
  'an Observable, the bare loop',
  'naive RxJS',
  'asyncio readexactly(), twice',
];

async function countTwoReads(reader: StreamReader): Promise<Counted> {
  let frames = 0;
  let length = 0;
  try {
    for (;;) {
      const size = (await reader.readExactly(4)).readUInt32BE();
      const frame = await reader.readExactly(size);
      frames++;
      length += frame.length;
    }
  } catch (error) {
    if (!(error instanceof IncompleteReadError)) throw error;
    return { frames, length };
  }
}

function caseOf(size: number, title: string, main: readonly string[]): Case {
  return streamCase({
    main,
    id: `${size}`,
    title: `u32 length and ${title}`,
    stream: { spec: { kind: 'frames', size }, as: 'bytes', echo: false },
    floor: FLOOR,
    contenders,
  });
}

export const workload: Workload = {
  name: 'frames',
  title: 'Frames behind a length',
  cases: [caseOf(32, '32 bytes', main), caseOf(1024, '1 KiB', main), caseOf(65_536, '64 KiB', [CODEC])],
};
