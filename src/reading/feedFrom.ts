/**
 * Feeds a {@link ReadLoop} from a source that is not a connection.
 *
 * Readables are paused and resumed. Iterables and Web streams are asked for the next chunk only when there is room. An
 * Observable can't be paused, so there is a limit to how far it may run ahead. Each source can be cancelled before its end.
 */
import type { Readable } from 'node:stream';
import { isObservable, type Observable, Subscription } from 'rxjs';
import { eventLoop } from '../eventLoop';
import type { Upstream } from '../transports/Upstream';
import { observableFeed } from './observableFeed';
import type { ReadLoop } from './ReadLoop';

/** The sources that a reader can read from. */
export type ByteSource =
  | Observable<Uint8Array>
  | NodeJS.ReadableStream
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** A source that is not started yet, and can be cancelled. */
export interface SourceFeed {
  readonly upstream: Upstream | undefined;
  start(loop: ReadLoop): void;
  /** Cancels the source, once, unless it has ended. Rejects if the source fails while it closes. */
  cancel(reason: unknown): Promise<void>;
}

/**
 * @param source - Chunks of bytes.
 * @param maxBuffered - How many unread bytes an Observable may pile up.
 * @throws `TypeError` for a source without chunks, also for bare bytes and strings.
 */
export function feedFrom(source: ByteSource, maxBuffered: number): SourceFeed {
  if (isObservable(source)) {
    const { upstream, start } = observableFeed(source, maxBuffered);
    const subscription = new Subscription();
    return { upstream, start: (loop) => start(loop, subscription), cancel: async () => subscription.unsubscribe() };
  }
  if (typeof source === 'object' && source !== null && !ArrayBuffer.isView(source)) {
    if ('pipe' in source && 'on' in source) return readableFeed(source);
    if ('getReader' in source) return asyncFeed(() => webIterator(source));
    if (Symbol.asyncIterator in source) return asyncFeed(() => source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return syncFeed(source);
  }
  const given = ArrayBuffer.isView(source) ? 'bare bytes: wrap them in an array' : `a source of type ${typeof source}`;
  throw new TypeError(`Cannot read from ${given}; it must be an Observable, a stream or an iterable of Uint8Arrays`);
}

function readableFeed(source: NodeJS.ReadableStream): SourceFeed {
  const readable = source as NodeJS.ReadableStream & Partial<Readable>;
  return {
    upstream: { pause: () => void source.pause(), resume: () => void source.resume(), nextTurn: eventLoop.nextTurn },
    start: (loop) => startReadable(source, loop),
    cancel: async (reason) => {
      // The other direction of a socket that has ended may still be in use.
      if (readable.readableEnded) return;
      if (readable.destroy === undefined) source.pause();
      else readable.destroy(reason instanceof Error ? reason : undefined);
    },
  };
}

function startReadable(source: NodeJS.ReadableStream, loop: ReadLoop): void {
  const { readableEnded, destroyed, errored } = source as Partial<Readable>;
  const closed = () => loop.fail(new Error('Cannot read on: the stream was closed before its end'));
  // A stream that is over emits no more events.
  if (readableEnded) loop.end();
  else if (errored) loop.fail(errored);
  else if (destroyed) closed();
  if (!loop.open) return;
  source.on('error', (error) => loop.fail(error));
  source.on('end', () => loop.end());
  source.on('close', closed);
  source.on('data', (chunk: unknown) => {
    loop.push(chunk as Uint8Array);
    // Nothing reads a broken stream any more.
    if (!loop.open) source.pause();
  });
  // The stream may have been paused before.
  source.resume();
}

function asyncFeed(open: () => AsyncIterator<Uint8Array>): SourceFeed {
  /** Set until it has ended or is cancelled. */
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let paused = false;
  let goOn = () => {};
  async function pull(loop: ReadLoop): Promise<void> {
    try {
      const source = open();
      iterator = source;
      while (loop.open) {
        const next = await source.next();
        if (next.done) {
          iterator = undefined;
          loop.end();
          return;
        }
        loop.push(next.value);
        // An iterator may return settled promises for ever.
        if (eventLoop.turnIsLong()) await new Promise<void>(eventLoop.nextTurn);
        while (paused && loop.open) await new Promise<void>((resolve) => (goOn = resolve));
      }
      await cancel();
    } catch (error) {
      iterator = undefined;
      loop.fail(error);
    }
  }
  async function cancel(reason?: unknown): Promise<void> {
    const source = iterator;
    iterator = undefined;
    goOn();
    await source?.return?.(reason);
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
  return { upstream, start: (loop) => void pull(loop), cancel };
}

/** A Web stream as an iterator. It can be cancelled while a chunk is pending; the stream's own iterator can't. */
function webIterator(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader();
  return {
    next: async () => {
      const next = await reader.read();
      if (next.done) reader.releaseLock();
      return next as IteratorResult<Uint8Array>;
    },
    return: async (reason) => {
      await reader.cancel(reason);
      reader.releaseLock();
      return { done: true, value: undefined };
    },
  };
}

function syncFeed(source: Iterable<Uint8Array>): SourceFeed {
  const iterator = source[Symbol.iterator]();
  let ended = false;
  let paused = false;
  let pulling = false;
  let pull = () => {};
  function start(loop: ReadLoop): void {
    pull = () => {
      if (pulling) return;
      pulling = true;
      try {
        while (!paused && loop.open) {
          const next = iterator.next();
          if (next.done) {
            ended = true;
            return loop.end();
          }
          loop.push(next.value);
        }
        if (!loop.open) close();
      } catch (error) {
        ended = true;
        loop.fail(error);
      } finally {
        pulling = false;
      }
    };
    pull();
  }
  function close(): void {
    if (ended) return;
    ended = true;
    iterator.return?.();
  }
  async function cancel(): Promise<void> {
    // If `pull` is running, it sees that the loop is not open any more.
    if (!pulling) close();
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
  return { upstream, start, cancel };
}
