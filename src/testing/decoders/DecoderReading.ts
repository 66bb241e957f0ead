import { isDeepStrictEqual } from 'node:util';
import type { Observable, OperatorFunction, Subject, Subscription } from 'rxjs';
import { IncompleteReadError } from '../../errors';
import { StreamReader } from '../../reading/StreamReader';
import { copyBytes } from '../copyBytes';
import { showInLine } from '../showInLine';

/** The source of a reading: a reader, or any other Observable. */
type Source = StreamReader | Subject<Uint8Array>;

/** What was done, for the message. A function makes it only if it is needed. */
type Name = string | (() => string);

/** One subscription to a decoder that gets bytes by hand, and the comparison of its frames. */
export class DecoderReading<T> {
  private readonly frames: T[] = [];
  /** Copies of the frames from when they were emitted. */
  private readonly emitted: T[] = [];
  /** How many frames were compared already. */
  private checked = 0;
  private outcome: unknown = 'open';
  private readonly subscription: Subscription;

  /**
   * @param operator - The decoder.
   * @param source - Default: a new reader with the default limit. Or the reader of an earlier reading.
   */
  constructor(
    operator: OperatorFunction<Uint8Array, T>,
    readonly source: Source = new StreamReader(),
  ) {
    this.subscription = (source as Observable<Uint8Array>).pipe(operator).subscribe({
      next: (frame) => {
        this.frames.push(frame);
        this.emitted.push(copyBytes(frame));
      },
      error: (error) => {
        this.outcome = error;
      },
      complete: () => {
        this.outcome = 'complete';
      },
    });
  }

  push(...chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      if (this.source instanceof StreamReader) this.source.input.push(chunk);
      else this.source.next(chunk);
    }
  }

  end(): void {
    if (this.source instanceof StreamReader) this.source.input.end();
    else this.source.complete();
  }

  cancel(): void {
    this.subscription.unsubscribe();
  }

  /**
   * Compares the frames that came since the last call, and at the end all of them again.
   *
   * @param name - What was done, for the message.
   * @param frames - All frames that must have come by now.
   * @param outcome - `'open'`, `'complete'` or an error.
   * @throws Error with the found and the expected frame.
   */
  expect(name: Name, frames: readonly unknown[], outcome: unknown): void {
    for (let i = this.checked; i < Math.max(frames.length, this.frames.length); i++) {
      if (i >= this.frames.length) this.fail(name, `no frame ${i}`, show(frames[i]));
      if (i >= frames.length) this.fail(name, `a frame ${i}, ${show(this.emitted[i])}`, 'none');
      if (!isDeepStrictEqual(this.emitted[i], frames[i]))
        this.fail(name, `frame ${i}, ${show(this.emitted[i])}`, show(frames[i]));
    }
    this.checked = frames.length;
    if (!sameOutcome(this.outcome, outcome)) this.fail(name, inWords(this.outcome), inWords(outcome));
    if (outcome === 'open') return;
    for (let i = 0; i < frames.length; i++) {
      if (isDeepStrictEqual(this.frames[i], frames[i])) continue;
      this.fail(
        name,
        `${show(this.frames[i])} in frame ${i}, which was right when it was emitted and has changed since`,
        show(frames[i]),
      );
    }
  }

  /** Compares how many bytes are left for the next read. */
  expectLeft(name: Name, bytes: number): void {
    if (!(this.source instanceof StreamReader) || this.source.bufferedAmount === bytes) return;
    this.fail(name, `${this.source.bufferedAmount} bytes unread`, `${bytes}`);
  }

  private fail(name: Name, found: string, expected: string): never {
    const { outcome } = this;
    const known = !(outcome instanceof Error) || found === inWords(outcome);
    const why = known ? '' : ` (${show(outcome)})`;
    const done = typeof name === 'string' ? name : name();
    throw new Error(`Cannot verify the decoder, ${done}: there is ${found}, and there should be ${expected}${why}`, {
      cause: outcome,
    });
  }
}

function sameOutcome(one: unknown, other: unknown): boolean {
  if (one instanceof IncompleteReadError && other instanceof IncompleteReadError)
    return one.partial.equals(other.partial);
  if (one instanceof Error && other instanceof Error)
    return one.constructor === other.constructor && one.message === other.message;
  return one === other;
}

function show(value: unknown): string {
  if (value instanceof IncompleteReadError) return `IncompleteReadError with ${showInLine(value.partial)}`;
  return showInLine(value);
}

/** The state of a reading, in words. */
function inWords(outcome: unknown): string {
  if (outcome === 'open') return 'no end';
  return outcome === 'complete' ? 'a completion' : `the error ${show(outcome)}`;
}
