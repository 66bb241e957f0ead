/**
 * One line of 64 MiB, with a raised limit, in small and in large chunks: its time must grow linearly with its length. The chunks
 * come from memory, because a socket joins small ones. Each is made when it is needed, as with a socket, so each contender
 * decides how many chunks the garbage collector must trace. The floor is the best linear version by hand: a list, joined once.
 */
import { Subject } from 'rxjs';
import { readLine, StreamReader } from 'rxjs-tcp';
import { cpuSeconds } from '../support/cpuSeconds';
import { MIB } from '../support/Memory';
import { ownProcessCase } from '../support/ownProcessCase';
import type { Case, Values, Workload } from '../support/Workload';

/** Takes the chunks of one line. Has the line once it is whole. */
type Way = () => { push(chunk: Buffer): void; readonly line: Buffer | undefined };

function byHand(): ReturnType<Way> {
  let parts: Buffer[] = [];
  let line: Buffer | undefined;
  return {
    push(chunk) {
      const end = chunk.indexOf(10);
      if (end === -1) {
        parts.push(chunk);
        return;
      }
      parts.push(chunk.subarray(0, end + 1));
      line = Buffer.concat(parts);
      parts = [chunk.subarray(end + 1)];
    },
    get line() {
      return line;
    },
  };
}

function ours(): ReturnType<Way> {
  const chunks = new Subject<Uint8Array>();
  let line: Buffer | undefined;
  StreamReader.from(chunks, { limit: 128 * MIB, maxBuffered: 256 * MIB })
    .pipe(readLine())
    .subscribe((whole) => {
      line = whole;
    });
  return {
    push: (chunk) => chunks.next(chunk),
    get line() {
      return line;
    },
  };
}

const FLOOR = 'a list, joined once';
export const ways: Record<string, Way> = { [FLOOR]: byHand, 'rxjs-tcp readLine()': ours };

async function measure(way: Way, size: number): Promise<Values> {
  const perByte = async (length: number) => {
    const source = Buffer.alloc(length, 'x');
    source[length - 1] = 10;
    globalThis.gc?.();
    const reading = way();
    const seconds = await cpuSeconds(() => {
      for (let at = 0; at < length; at += size) reading.push(source.subarray(at, at + size));
    });
    if (reading.line?.equals(source) !== true) throw new Error('Cannot trust a run: the line is another one');
    return (seconds / length) * 1e9;
  };
  for (let i = 0; i < 3; i++) await perByte(16 * MIB);
  const short = await perByte(16 * MIB);
  const time = await perByte(64 * MIB);
  return { time, growth: time / short };
}

function caseOf(size: number, title: string, main: readonly string[]): Case {
  return ownProcessCase({
    main,
    id: `${size}`,
    title: `a line of 64 MiB in chunks of ${title}`,
    metrics: [
      { key: 'time', title: 'cpu ns/byte', unit: 1, less: true },
      { key: 'growth', title: 'to 16 MiB', unit: 1, ratio: false },
    ],
    floor: FLOOR,
    contenders: Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, () => measure(way, size)])),
  });
}

export const workload: Workload = {
  name: 'longLine',
  title: 'One line without end',
  cases: [caseOf(100, '100 bytes', ['rxjs-tcp readLine()']), caseOf(65_536, '64 KiB', [])],
};
