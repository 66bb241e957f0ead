import { type MonoTypeOperatorFunction, Observable, type Subscriber } from 'rxjs';
import { assertOverflowOptions, type OverflowOptions } from '../flow/assertOverflowOptions';
import { Gate } from '../flow/Gate';
import { type PauseOptions, toLoops } from '../flow/toLoops';
import { linkTo } from '../reading/rxjs7';
import type { StreamWriter } from '../writing/StreamWriter';

/** Options of {@link backpressure}. */
export interface BackpressureOptions<T> extends PauseOptions, OverflowOptions<T> {}

/**
 * Passes values on while a writer keeps up. While it does not, the operator holds the reader of the values.
 *
 * ```marbles
 * arrives  'ab\n'-----'cd\nef\n'-------------------------|
 * kernel   --------------------x---------x---------o----
 * with     { highWaterMark: 4 }
 *          const write = (line) => writer.write(line);
 *          reader.pipe(lines(), backpressure(writer), tap(write))
 * emits    'ab'-------'cd'---------------'ef'------------|
 * pressure -----------===================-----------------
 * held     -----------===================-----------------
 * ```
 *
 * From the writer's high-water mark until its low mark, the reader delivers nothing. When the reader's buffer is full, its
 * socket is paused, and then the peer's writes wait. The operator may come anywhere behind synchronous operators: it holds the
 * reader whose delivery is running. Values that still arrive wait in the operator: another operator may have made several
 * values of one, or there is an asynchronous operator in between.
 *
 * If the values come from no reader, `maxBuffered` limits the values that wait, and `overflow` decides what happens above it. A
 * policy alone drops no value of a reader, because the reader is held. To let a slow listener lose values instead of holding
 * the reader, give `source: []`.
 *
 * - Emits when a value arrives, or when the pressure is over.
 * - Pauses its source while there is pressure.
 * - Completes when the source has completed and no value waits.
 * - Errors when the source errors and no value waits; with a `ConnectionClosedError` when the writer is lost, and for the first
 *   value after `writeEof` or `close`; with a `BufferOverflowError` when more than `maxBuffered` bytes would wait.
 *
 * Unsubscribing unsubscribes from the source, then releases the reader. The bytes that were not delivered stay in the reader.
 *
 * @example
 * ```ts
 * import { map } from 'rxjs';
 * import { backpressure, connectionPair, lines } from 'rxjs-tcp';
 *
 * const [client, { reader, writer }] = connectionPair();
 * reader
 *   .pipe(
 *     lines(),
 *     map((line) => `${line.toUpperCase()}\n`),
 *     backpressure(writer),
 *   )
 *   .subscribe(writer);
 *
 * client.writer.write('hello\n');
 * console.log(`${await client.reader.readLine()}`.trimEnd()); // → HELLO
 * ```
 * @param writer - The writer to watch. The values need not go to it.
 * @param options - `source`, `maxBuffered` in bytes, `overflow`, `size`, `onDrop`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function backpressure<T>(
  writer: StreamWriter,
  options: BackpressureOptions<T> = NO_OPTIONS,
): MonoTypeOperatorFunction<T> {
  const given = toLoops(options);
  assertOverflowOptions(options);
  const checked = given === undefined ? options : { ...options, given };
  return (source) => {
    const gated = new Observable<T>((subscriber) => new Passing(source, writer, subscriber, checked).open(source));
    return linkTo(source, gated);
  };
}

const NO_OPTIONS = {};

/** One subscription: passes on what comes through the gate. */
class Passing<T> extends Gate<T> {
  constructor(source: Observable<T>, writer: StreamWriter, target: Subscriber<T>, options: BackpressureOptions<T>) {
    super(source, writer, target, options);
    // As RxJS's own operators name it: a pipe can be followed through the gate.
    this.destination = target;
  }

  protected override get name(): string {
    return 'backpressure';
  }

  protected override pass(value: T): void {
    this.target.next(value);
  }

  protected override finish(): void {
    this.target.complete();
  }
}
