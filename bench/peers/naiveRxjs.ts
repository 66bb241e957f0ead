/** A program that uses RxJS alone. It has no backpressure. */
import type { Socket } from 'node:net';
import { concatMap, from, fromEvent, type Observable, scan, takeUntil } from 'rxjs';

interface Cut<T> {
  readonly found: readonly T[];
  readonly rest: T;
}

const EMPTY = Buffer.alloc(0);

function chunksOf<T>(socket: Socket): Observable<T> {
  return (fromEvent(socket, 'data') as Observable<T>).pipe(takeUntil(fromEvent(socket, 'end')));
}

export function bufferLines(socket: Socket): Observable<Buffer> {
  return chunksOf<Buffer>(socket).pipe(
    scan(cutLines, { found: [], rest: EMPTY } as Cut<Buffer>),
    concatMap(({ found }) => from(found)),
  );
}

function cutLines({ rest }: Cut<Buffer>, chunk: Buffer): Cut<Buffer> {
  const bytes = Buffer.concat([rest, chunk]);
  const found: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    found.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { found, rest: bytes.subarray(start) };
}

export function stringLines(socket: Socket): Observable<string> {
  return chunksOf<string>(socket.setEncoding('utf8')).pipe(
    scan(cutText, { found: [], rest: '' } as Cut<string>),
    concatMap(({ found }) => from(found)),
  );
}

function cutText({ rest }: Cut<string>, chunk: string): Cut<string> {
  const found = (rest + chunk).split('\n');
  return { rest: found.pop() as string, found };
}

export function frames(socket: Socket): Observable<Buffer> {
  return chunksOf<Buffer>(socket).pipe(
    scan(cutFrames, { found: [], rest: EMPTY } as Cut<Buffer>),
    concatMap(({ found }) => from(found)),
  );
}

function cutFrames({ rest }: Cut<Buffer>, chunk: Buffer): Cut<Buffer> {
  const bytes = Buffer.concat([rest, chunk]);
  const found: Buffer[] = [];
  let start = 0;
  while (bytes.length - start >= 4) {
    const end = start + 4 + bytes.readUInt32BE(start);
    if (bytes.length < end) break;
    found.push(bytes.subarray(start + 4, end));
    start = end;
  }
  return { found, rest: bytes.subarray(start) };
}
