import { Duplex, type DuplexOptions } from 'node:stream';

/**
 * Two streams of Node's that are not sockets, joined: each reads what the other writes, one chunk at a time.
 *
 * @param options - Of the first one.
 */
export function duplexPair(options: DuplexOptions = {}): [Duplex, Duplex] {
  const one = new End(options);
  const other = new End();
  one.peer = other;
  other.peer = one;
  return [one, other];
}

class End extends Duplex {
  peer!: End;
  private written: (() => void) | undefined;

  override _read(): void {
    const { written } = this;
    this.written = undefined;
    written?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.peer.push(chunk)) process.nextTick(done);
    else this.peer.written = done;
  }

  override _final(done: () => void): void {
    this.peer.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.writableFinished && !this.peer.destroyed) this.peer.push(null);
    done(error);
  }
}
