/**
 * The other end of a bench, in a process of its own and on plain `node:net`: sends so many bytes as fast as it can,
 * reads as slowly as it is told, and compares what it reads, byte for byte, with what was to be sent.
 */
import { connect, createServer, type Socket } from 'node:net';

/** What a peer does. */
export interface PeerOptions {
  /** Where it connects to; else it listens, and tells its port. */
  readonly port?: number;
  /** How many bytes it sends, before FIN. */
  readonly send: number;
  /** How long it reads nothing after each MiB, in milliseconds. */
  readonly rest: number;
  /** How many bytes make a line; what it sends has no meaning otherwise. */
  readonly line?: number;
}

/** What a peer tells its parent. */
export type PeerMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'sent'; readonly bytes: number }
  | { readonly type: 'done'; readonly received: number; readonly right: boolean };

const MIB = 1024 * 1024;

/** A block whose length divides nothing, so that a byte too many or too few is seen. */
function blockOf(line: number): Buffer {
  const length = Math.floor((MIB + 4099) / line) * line;
  const block = Buffer.alloc(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    block[i] = line > 1 && (i + 1) % line === 0 ? 10 : 97 + ((state >>> 16) % 26);
  }
  return block;
}

function tell(message: PeerMessage): void {
  process.send?.(message);
}

function talk(socket: Socket, { send, rest, line = 1 }: PeerOptions): void {
  const block = blockOf(line);
  let sent = 0;
  let received = 0;
  let right = true;
  let read = 0;

  const more = () => {
    while (sent < send) {
      const chunk = block.subarray(0, Math.min(block.length, send - sent));
      sent += chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  };
  more();
  const told = setInterval(() => tell({ type: 'sent', bytes: socket.bytesWritten - socket.writableLength }), 100);

  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const from = (received + at) % block.length;
      const length = Math.min(chunk.length - at, block.length - from);
      if (chunk.compare(block, from, from + length, at, at + length) !== 0) right = false;
      at += length;
    }
    received += chunk.length;
    read += chunk.length;
    if (rest > 0 && read >= MIB) {
      read = 0;
      socket.pause();
      setTimeout(() => socket.resume(), rest);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(told);
    tell({ type: 'done', received, right });
    process.disconnect?.();
  });
}

if (require.main === module) {
  const options = JSON.parse(process.argv[2] as string) as PeerOptions;
  if (options.port !== undefined) {
    const socket = connect({ port: options.port, host: '127.0.0.1', allowHalfOpen: true });
    talk(socket, options);
  } else {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      server.close();
      talk(socket, options);
    });
    server.listen(0, '127.0.0.1', () => tell({ type: 'listening', port: (server.address() as { port: number }).port }));
  }
}
