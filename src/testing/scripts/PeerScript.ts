import type { SchedulerLike } from 'rxjs';
import { assertTimeout } from '../../argumentChecks';
import { Needle, type Separator } from '../../bytes/Needle';
import { showBytes } from '../../bytes/showBytes';
import { untilDecoder } from '../../codecs/readDecoders';
import { Connection } from '../../connection/Connection';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import { memoryTransports } from '../../connection/memoryTransports';
import type { StartTlsOptions } from '../../net/StartTlsOptions';
import { describeDifference } from '../describeDifference';
import { Place } from '../Place';
import { pretendTls } from './pretendTls';
import { ScriptPlay, type ScriptStep } from './ScriptPlay';

/** How many bytes of a step are shown. */
const SHOWN = 60;

type Method = (...args: never[]) => unknown;

/** The peer's side of a conversation: a list of steps that is played on one connection. */
export class PeerScript {
  private readonly steps: ScriptStep[] = [];
  private readonly stage: ScriptPlay;
  /** The side of the script in a TLS handshake, if there is one. */
  private tlsSide: StartTlsOptions['side'];

  /** @internal `scriptedPeer` makes scripts. */
  constructor(
    timeout: number,
    private readonly scheduler: SchedulerLike | undefined,
  ) {
    this.stage = new ScriptPlay(this.steps, timeout, scheduler);
  }

  /** Resolves when every step is done. Rejects with an `AssertionError` that says why a step failed. */
  get done(): Promise<void> {
    return this.stage.done;
  }

  /** @internal Why it can't go on. */
  get failure(): Error | undefined {
    return this.stage.failure;
  }

  /** These bytes come next, in whatever chunks. */
  receives(expected: string | Uint8Array): this {
    const bytes = toBytes(expected);
    return this.step(this.receives, `receives ${showBytes(bytes, SHOWN)}`, bytes, (on) => {
      const seen = on.pending.peek(Math.min(bytes.length, on.pending.length));
      const short = seen.length < bytes.length;
      const difference = describeDifference(seen, bytes.subarray(0, seen.length));
      if (difference !== undefined)
        return on.fail(describeDifference(seen, bytes) as string, { expected: bytes, seen: on.peek() });
      if (!short) on.last = on.pending.take(bytes.length);
      else if (on.ended)
        on.fail(`the other side ended after ${seen.length} of ${bytes.length} bytes`, { expected: bytes, seen });
      return !short;
    });
  }

  /**
   * Expects bytes through the next separator, if you do not know all of them.
   *
   * @param separator - One or several: the match that ends first counts.
   * @param check - An expression that the text must match; or a function that returns `false` or throws for wrong bytes.
   */
  receivesUntil(separator: Separator, check?: RegExp | ((bytes: Buffer) => unknown)): this {
    const decoder = untilDecoder(Needle.list(separator));
    const names = (Array.isArray(separator) ? separator : [separator]).map((one) => showBytes(toBytes(one), SHOWN));
    const text = `receivesUntil ${names.join(', ')}${check instanceof RegExp ? ` ${check}` : ''}`;
    return this.step(this.receivesUntil, text, true, (on) => {
      const record = decoder.decode(on.pending, on.ended);
      if (record === undefined) {
        if (on.ended) on.fail(`the other side ended after ${showBytes(on.peek(), SHOWN)}`);
        return false;
      }
      on.last = record;
      const right = check instanceof RegExp ? `${record}`.search(check) >= 0 : check?.(record) !== false;
      return right || on.fail(`${showBytes(record, SHOWN)} does not pass the check`);
    });
  }

  /** Expects FIN next. */
  receivesFin(): this {
    return this.step(this.receivesFin, 'receivesFin', true, (on) =>
      on.pending.length > 0 ? on.surprise('instead') : on.ended,
    );
  }

  /** Sends bytes. A function makes them from the bytes that were received last. */
  sends(bytes: string | Uint8Array | ((received: Buffer) => string | Uint8Array)): this {
    const answer = typeof bytes === 'function' ? bytes : undefined;
    const fixed = typeof bytes === 'function' ? undefined : toBytes(bytes);
    const text = fixed === undefined ? 'an answer' : showBytes(fixed, SHOWN);
    return this.step(this.sends, `sends ${text}`, false, (on) => {
      on.connection.writer.write(answer?.(on.last) ?? (fixed as Buffer));
      return true;
    });
  }

  /** Waits this many milliseconds, and reads nothing. */
  wait(ms: number): this {
    assertTimeout('ms', ms);
    let state: 'new' | 'waiting' | 'over' = 'new';
    return this.step(this.wait, `wait ${ms} ms`, false, (on) => {
      if (state === 'new') {
        state = 'waiting';
        on.after(ms, () => {
          state = 'over';
          on.advance();
        });
      }
      return state === 'over';
    });
  }

  /**
   * Upgrades to TLS, and waits for the other side to do the same. In memory nothing is encrypted, and the options may be left
   * out. On a socket it is a real handshake, which needs them.
   *
   * @param options - Those of `connection.startTls`; the default `side` is `'server'`.
   */
  startTls(options: StartTlsOptions = {}): this {
    const { side = 'server' } = options;
    this.tlsSide = side;
    let state: 'new' | 'waiting' | 'over' = 'new';
    const text = `startTls${side === 'server' ? '' : ` as ${side}`}`;
    return this.step(this.startTls, text, false, (on) => {
      if (state !== 'new') return state === 'over';
      if (on.pending.length > 0) return on.surprise('in the clear before the handshake');
      state = 'waiting';
      const done = on.connection.startTls({ ...options, side });
      on.limit('the other side has not upgraded to TLS');
      done.then(
        () => {
          state = 'over';
          on.advance();
        },
        (error: unknown) => on.fail(`${error}`, { cause: error }),
      );
      return false;
    });
  }

  /** Sends FIN. The other side may go on. */
  fin(): this {
    return this.step(this.fin, 'fin', false, (on) => {
      on.connection.writer.writeEof();
      return true;
    });
  }

  /** Resets the connection: the other side sees `ECONNRESET`. */
  reset(): this {
    return this.step(this.reset, 'reset', false, (on) => {
      on.connection.reset();
      return true;
    });
  }

  /**
   * Plays the script in memory.
   *
   * @param options - Options of both ends, as for `connectionPair`.
   * @returns The connection for the code under test.
   * @throws Error if the script was played already.
   */
  connect(options: ConnectionPairOptions = {}): Connection {
    const all = { scheduler: this.scheduler, ...options };
    const [far, near] = memoryTransports(all);
    if (this.tlsSide !== undefined)
      pretendTls([far, this.tlsSide === 'server' ? 'client' : 'server'], [near, this.tlsSide]);
    const [others, own] = [new Connection(far, all), new Connection(near, all)];
    this.play(this.connect, own, others);
    return others;
  }

  /**
   * Plays the script on an existing connection: one of a server's handler, or one to a live server.
   *
   * @throws Error if the script was played already.
   */
  on(connection: Connection): this {
    return this.play(this.on, connection);
  }

  /**
   * Checks that the whole script was played.
   *
   * @throws `AssertionError` if a step failed, if steps are left, or if something came after the last step.
   */
  verify(): void {
    this.stage.verify();
  }

  private step(method: Method, text: string, receives: ScriptStep['receives'], play: ScriptStep['play']): this {
    if (this.stage.started) throw new Error(`Cannot add ${text} to the script: it is played already`);
    this.steps.push({ text, receives, play, place: new Place(method) });
    return this;
  }

  private play(method: Method, own: Connection, others?: Connection): this {
    if (this.stage.started) {
      throw new Error('Cannot play the script again: a script is played once');
    }
    this.stage.start(own, new Place(method), others);
    return this;
  }
}

function toBytes(bytes: string | Uint8Array): Buffer {
  if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot use a value of type ${typeof bytes} as bytes: it must be a string or a Uint8Array`);
  }
  return Buffer.from(bytes as string);
}
