import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A plain TCP server of Node's, for behaviour that ours does not have. */
export interface RawServer {
  port: number;
  sockets: Socket[];
  close(): Promise<void>;
}

/**
 * @param serve - Called with every socket; without it the sockets are left alone: nothing is read and nothing answered.
 */
export async function rawServer(serve: (socket: Socket) => void = () => {}): Promise<RawServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
