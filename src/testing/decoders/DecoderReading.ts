import { type Observable, type OperatorFunction, type Subject, type Subscription, take } from 'rxjs';
import { IncompleteReadError } from '../../errors';
import { StreamReader } from '../../reading/StreamReader';
import { copyBytes } from '../copyBytes';
import { describeDifference } from '../describeDifference';
import { describeErrorDifference } from '../describeErrorDifference';
import { showInLine } from '../showInLine';
import { showKinds } from '../showKinds';
import { ExpectedError } from './ExpectedError';

/** The source of a reading: a reader, or any other Observable. */
type Source = StreamReader | Subject<Uint8Array>;

/** What was done, for the message. A function makes it only if it is needed. */
type Name = string | (() => string);

/** A decoder that gives so many frames too many goes on for ever. */
const TOO_MANY = 100;

/** One subscription to what a decoder makes of bytes that are fed by hand, and what is to have come of it. */
export class DecoderReading<T> {
  /** The frames as they were when they were emitted. */
  readonly emitted: T[] = [];
  private readonly frames: T[] = [];
  /** How many of them were compared already. */
  private checked = 0;
  private state: unknown = 'open';
  private readonly subscription: Subscription;

  /**
   * @param operator - Decodes.
   * @param source - What it reads.
   * @param expected - All frames that are to come of it, in order.
   * @param most - It is over after so many frames.
   */
  constructor(
    private readonly operator: OperatorFunction<Uint8Array, T>,
    readonly source: Source,
    private readonly expected: readonly unknown[],
    most = expected.length + TOO_MANY,
  ) {
    this.subscription = (source as Observable<Uint8Array>).pipe(operator, take(most)).subscribe({
      next: (frame) => {
        this.frames.push(frame);
        this.emitted.push(copyBytes(frame));
      },
      error: (error) => {
        this.state = error;
      },
      complete: () => {
        this.state = 'complete';
      },
    });
  }

  /** Another reading by the same decoder, of what this one has left. */
  next(expected: readonly unknown[], most?: number): DecoderReading<T> {
    return new DecoderReading(this.operator, this.source, expected, most);
  }

  /** `'open'`, `'complete'`, or what it has failed with. */
  get outcome(): unknown {
    return this.state;
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
   * @param count - How many frames are to have come by now.
   * @param outcome - `'open'`, `'complete'`, or an error that is expected.
   * @param more - Frames that are to have come after those.
   * @throws Error - With what there is and what there should be.
   */
  expect(name: Name, count: number, outcome: 'open' | 'complete' | ExpectedError, more: readonly unknown[] = []): void {
    const wanted = (i: number) => (i < count ? this.expected[i] : more[i - count]);
    const all = count + more.length;
    for (let i = this.checked; i < Math.max(all, this.frames.length); i++) {
      if (i >= this.frames.length) this.fail(name, `no frame ${i}`, show(wanted(i)));
      if (i >= all) this.fail(name, `a frame ${i}, ${show(this.emitted[i])}`, 'none');
      if (describeDifference(this.emitted[i], wanted(i)) === undefined) continue;
      const [found, expected] = showKinds(this.emitted[i], wanted(i));
      this.fail(name, `frame ${i}, ${found}`, expected);
    }
    this.checked = all;
    if (!this.endedAs(outcome)) this.fail(name, inWords(this.state), inWords(outcome));
    if (outcome !== 'open') this.expectUnchanged(name, all);
  }

  /** Compares how many bytes are left for the next read. */
  expectLeft(name: Name, bytes: number): void {
    if (!(this.source instanceof StreamReader) || this.source.bufferedAmount === bytes) return;
    this.fail(name, `${this.source.bufferedAmount} bytes unread`, `${bytes}`);
  }

  /** Throws because of what is there instead of what should be there. */
  fail(name: Name, found: string, expected: string): never {
    const { state } = this;
    const known = !(state instanceof Error) || found === inWords(state);
    const why = known ? '' : ` (${show(state)})`;
    const done = typeof name === 'string' ? name : name();
    throw new Error(`Cannot verify the decoder, ${done}: there is ${found}, and there should be ${expected}${why}`, {
      cause: state,
    });
  }

  private endedAs(expected: 'open' | 'complete' | ExpectedError): boolean {
    const { state } = this;
    if (!(expected instanceof ExpectedError)) return state === expected;
    if (state === 'open' || state === 'complete') return false;
    const { like } = expected;
    // How much more a decoder has asked for depends on how far it got.
    if (state instanceof IncompleteReadError && like instanceof IncompleteReadError && like.expected === null) {
      return state.partial.equals(like.partial);
    }
    return describeErrorDifference(state, like) === undefined;
  }

  private expectUnchanged(name: Name, count: number): void {
    for (let i = 0; i < count; i++) {
      if (describeDifference(this.frames[i], this.emitted[i]) === undefined) continue;
      const changed = `${show(this.frames[i])} in frame ${i}, which was right when it was emitted and has changed since`;
      this.fail(name, changed, show(this.emitted[i]));
    }
  }
}

function show(value: unknown): string {
  if (value instanceof IncompleteReadError) return `IncompleteReadError with ${showInLine(value.partial)}`;
  return showInLine(value);
}

/** The state of a reading, in words. */
function inWords(outcome: unknown): string {
  if (outcome === 'open') return 'no end';
  if (outcome === 'complete') return 'a completion';
  if (!(outcome instanceof ExpectedError)) return `the error ${show(outcome)}`;
  const { like } = outcome;
  return `the error ${typeof like === 'function' ? like.name : show(like)}`;
}
