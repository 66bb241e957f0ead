import { ObservedConnection } from './ObservedConnection';

/** The part of a connection that learns when its server stops. */
export abstract class DrainedConnection extends ObservedConnection {
  /** True once the server stops; the controller as soon as somebody has asked for the signal. */
  private drained: AbortController | true | undefined;

  /**
   * An `AbortSignal` that aborts when the server of this connection stops: finish what has begun, and begin nothing new.
   *
   * Pass it to the read that waits for the next request. A handler that fails with the signal's reason has ended in good order:
   * its connection is flushed and closed, and that is no failure. Without a server the signal never aborts.
   *
   * @example
   * ```ts
   * import { openConnection, startServer } from 'rxjs-tcp';
   *
   * const server = await startServer(
   *   async ({ reader, writer, draining }) => {
   *     for (;;) writer.write(`done: ${await reader.readExactly(4, { signal: draining })}\n`);
   *   },
   *   { host: '127.0.0.1', port: 0 },
   * );
   * const client = await openConnection({ host: '127.0.0.1', port: server.port! });
   * client.writer.write('work');
   * console.log(`${await client.reader.readLine()}`.trimEnd()); // → done: work
   * const closing = server.close();
   * console.log((await client.reader.readLine()).length); // → 0
   * await client.close();
   * await closing;
   * ```
   */
  get draining(): AbortSignal {
    if (this.drained instanceof AbortController) return this.drained.signal;
    const controller = new AbortController();
    if (this.drained === true) controller.abort(reason());
    this.drained = controller;
    return controller.signal;
  }

  /** @internal Of the server, which stops. */
  drain(): void {
    if (this.drained instanceof AbortController) this.drained.abort(reason());
    else this.drained = true;
  }

  /** @internal Whether a handler that fails with this error only says that it has stopped with its server. */
  saysDrained(error: unknown): boolean {
    return this.drained instanceof AbortController && this.draining.aborted && error === this.draining.reason;
  }
}

function reason(): DOMException {
  return new DOMException('Cannot go on: the server stops', 'AbortError');
}
