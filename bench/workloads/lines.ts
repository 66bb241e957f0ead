/** Lines, as fast as they come: the reads of this library and of others, next to the loop that everyone writes by hand. */
import { firstValueFrom, share } from 'rxjs';
import { eachValueFrom, lines, readLine, sharePausing } from 'rxjs-tcp';
import * as bare from '../peers/bareObservable';
import { buffersByHand, stringsByHand } from '../peers/byHandLines';
import * as forAwait from '../peers/forAwait';
import * as naive from '../peers/naiveRxjs';
import * as readline from '../peers/readline';
import * as web from '../peers/webStreams';
import { asyncio } from '../support/asyncio';
import { bun } from '../support/bun';
import { counting } from '../support/counting';
import { countingEach } from '../support/countingEach';
import { countingReads } from '../support/countingReads';
import { go } from '../support/go';
import { peer } from '../support/peer';
import { overConnection, overNet } from '../support/serve';
import { streamCase } from '../support/streamCase';
import type { Case, Contender, Workload } from '../support/Workload';

const FLOOR = 'net by hand';

const buffers: Record<string, Contender> = {
  [FLOOR]: overNet(buffersByHand),
  'rxjs-tcp readLine()': overConnection(({ reader }) => counting(reader.pipe(readLine()))),
  'rxjs-tcp await readLine()': overConnection(({ reader }) => countingReads(() => reader.readLine())),
};
const otherBuffers: Record<string, Contender> = {
  'rxjs-tcp await firstValueFrom(reader.pipe(…))': overConnection(({ reader }) =>
    countingReads(() => firstValueFrom(reader.pipe(readLine()))),
  ),
  'rxjs-tcp await firstValueFrom(line$)': overConnection(({ reader }) => {
    const line$ = reader.pipe(readLine());
    return countingReads(() => firstValueFrom(line$));
  }),
  'rxjs-tcp for await eachValueFrom(…)': overConnection(({ reader }) =>
    countingEach(eachValueFrom(reader.pipe(readLine()))),
  ),
  'an Observable, the bare loop': overNet((socket) => counting(bare.bufferLines(socket))),
  'naive RxJS': overNet((socket) => counting(naive.bufferLines(socket))),
  'for await chunk': overNet(forAwait.bufferLines),
  'for await line, a generator': overNet((socket) => countingEach(forAwait.eachLine(socket))),
  'asyncio readline()': asyncio('lines'),
  'Bun sockets': bun('lines'),
  'Go bufio': go('lines'),
};

const strings: Record<string, Contender> = {
  [FLOOR]: overNet(stringsByHand),
  'rxjs-tcp lines()': overConnection(({ reader }) => counting(reader.pipe(lines()))),
};
const sharedStrings: Record<string, Contender> = {
  'rxjs-tcp lines(), sharePausing()': overConnection(({ reader }) => counting(reader.pipe(lines(), sharePausing()))),
  "rxjs-tcp lines(), RxJS's share()": overConnection(({ reader }) => counting(reader.pipe(lines(), share()))),
};
const split: Record<string, Contender> = { split2: peer('split2', 'lines') };
const otherStrings: Record<string, Contender> = {
  ...sharedStrings,
  'rxjs-tcp for await eachValueFrom(…)': overConnection(({ reader }) =>
    countingEach(eachValueFrom(reader.pipe(lines()))),
  ),
  'an Observable, the bare loop': overNet((socket) => counting(bare.stringLines(socket))),
  'naive RxJS': overNet((socket) => counting(naive.stringLines(socket))),
  'for await chunk': overNet(forAwait.stringLines),
  'readline events': overNet(readline.lineEvents),
  'readline iterator': overNet((socket) => countingEach(readline.interfaceOf(socket))),
  ...split,
  'Web streams': overNet((socket) => countingEach(web.stringLines(socket))),
  Effect: peer('effect', 'lines'),
  'asyncio readline()': asyncio('text'),
  'Bun sockets': bun('text'),
  'Go bufio': go('text'),
};

function caseOf(
  size: number,
  kind: string,
  contenders: Record<string, Contender>,
  main = Object.keys(contenders),
): Case {
  return streamCase({
    main,
    id: `${size}/${kind}`,
    title: `lines of ${size} bytes, ${kind === 'non-ASCII' ? 'strings that are not ASCII' : kind}`,
    stream: {
      spec: { kind: 'lines', size, text: kind === 'non-ASCII' ? 'wide' : 'ascii' },
      as: kind === 'Buffers' ? 'bytes' : 'text',
      echo: false,
    },
    floor: FLOOR,
    contenders,
  });
}

/** All contenders with lines of 64 bytes, the most important ones with other lengths. */
const sizes = [16, 256, 4096].flatMap((size) => [
  { ...caseOf(size, 'Buffers', buffers, []), rounds: 2 },
  { ...caseOf(size, 'strings', { ...strings, ...split }, []), rounds: 2 },
  { ...caseOf(size, 'non-ASCII', strings, []), rounds: 2 },
]);

export const workload: Workload = {
  name: 'lines',
  title: 'Lines',
  cases: [
    caseOf(64, 'Buffers', { ...buffers, ...otherBuffers }, [
      'rxjs-tcp readLine()',
      'rxjs-tcp await readLine()',
      'rxjs-tcp await firstValueFrom(reader.pipe(…))',
      'rxjs-tcp for await eachValueFrom(…)',
      'an Observable, the bare loop',
      'naive RxJS',
      'asyncio readline()',
    ]),
    caseOf(64, 'strings', { ...strings, ...otherStrings }, [
      'rxjs-tcp lines()',
      'rxjs-tcp lines(), sharePausing()',
      'rxjs-tcp for await eachValueFrom(…)',
      'an Observable, the bare loop',
      'naive RxJS',
      'readline events',
      'split2',
    ]),
    caseOf(64, 'non-ASCII', { ...strings, ...split }),
    ...sizes,
  ],
};
