/**
 * Ways to bring bytes into a {@link FrameLoop} from what is not a connection.
 *
 * Readables are paused and resumed; iterables and Web streams are only asked for the next chunk when there is room; an
 * Observable can't be told to wait, so there is a limit to how far it may run ahead.
 */
import type { Readable } from 'node:stream';
import { isObservable, type Observable } from 'rxjs';
import { eventLoop } from './eventLoop';
import type { FrameLoop } from './FrameLoop';
import { type Feed, observableFeed } from './observableFeed';

/** What a reader may be made from. */
export type ByteSource =
  | Observable<Uint8Array>
  | NodeJS.ReadableStream
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/**
 * @param source - Chunks of bytes.
 * @param maxBuffered - How many unread bytes an Observable may pile up.
 * @throws `TypeError` for what has no chunks, bare bytes and strings included.
 */
export function feedFrom(source: ByteSource, maxBuffered: number): Feed {
  if (isObservable(source)) {
    return observableFeed(source, maxBuffered);
  }
  if (typeof source === 'object' && source !== null && !ArrayBuffer.isView(source)) {
    if ('pipe' in source && 'on' in source) {
      const upstream = {
        pause: () => void source.pause(),
        resume: () => void source.resume(),
        nextTurn: eventLoop.nextTurn,
      };
      return { upstream, start: (loop) => startReadable(source, loop) };
    }
    if (Symbol.asyncIterator in source) return asyncFeed(source);
    if (Symbol.iterator in source) return syncFeed(source);
  }
  const given = ArrayBuffer.isView(source) ? 'bare bytes: wrap them in an array' : `a source of type ${typeof source}`;
  throw new TypeError(`Cannot read from ${given}; it must be an Observable, a stream or an iterable of Uint8Arrays`);
}

function startReadable(source: NodeJS.ReadableStream, loop: FrameLoop): void {
  const { readableEnded, destroyed, errored } = source as Partial<Readable>;
  const closed = () => loop.fail(new Error('Cannot read on: the stream was closed before its end'));
  // A stream that is over already has no event left to say so.
  if (readableEnded) loop.end();
  else if (errored) loop.fail(errored);
  else if (destroyed) closed();
  if (!loop.open) return;
  source.on('error', (error) => loop.fail(error));
  source.on('end', () => loop.end());
  source.on('close', closed);
  source.on('data', (chunk: unknown) => {
    loop.push(chunk as Uint8Array);
    // Of what is broken nobody reads any more.
    if (!loop.open) source.pause();
  });
  // Somebody may have paused it before.
  source.resume();
}

function asyncFeed(source: AsyncIterable<Uint8Array>): Feed {
  let paused = false;
  let goOn = () => {};
  async function pull(loop: FrameLoop): Promise<void> {
    try {
      for await (const chunk of source) {
        loop.push(chunk);
        if (!loop.open) return;
        // Of promises that are settled already, one may follow the other for ever.
        if (eventLoop.turnIsLong()) await new Promise<void>(eventLoop.nextTurn);
        while (paused) await new Promise<void>((resolve) => (goOn = resolve));
      }
      loop.end();
    } catch (error) {
      loop.fail(error);
    }
  }
  const upstream = {
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      goOn();
    },
    nextTurn: eventLoop.nextTurn,
  };
  return { upstream, start: (loop) => void pull(loop) };
}

function syncFeed(source: Iterable<Uint8Array>): Feed {
  const iterator = source[Symbol.iterator]();
  let paused = false;
  let pulling = false;
  let pull = () => {};
  function start(loop: FrameLoop): void {
    pull = () => {
      if (pulling) return;
      pulling = true;
      try {
        while (!paused && loop.open) {
          const next = iterator.next();
          if (next.done) return loop.end();
          loop.push(next.value);
        }
        if (!loop.open) iterator.return?.();
      } catch (error) {
        loop.fail(error);
      } finally {
        pulling = false;
      }
    };
    pull();
  }
  const upstream = {
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      pull();
    },
    nextTurn: eventLoop.nextTurn,
  };
  return { upstream, start };
}
