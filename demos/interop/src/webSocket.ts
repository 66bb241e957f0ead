/**
 * One port for a line protocol and for WebSockets, and a WebSocket inside of a connection that began as something else.
 *
 * The server looks at the first bytes. `GET ` goes to node:http with every byte unread, and from there to `ws`; all else is lines.
 * Both ways lead into the same function, which sees a connection.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { map } from 'rxjs';
import { type Connection, lines, openConnection, startServer, writeTo } from 'rxjs-tcp';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';

/** The protocol: each line comes back in capitals. */
const serve = ({ reader, writer }: Connection) =>
  reader.pipe(
    lines(),
    map((line) => `${line.toUpperCase()}\n`),
    writeTo(writer, { end: true }),
  );

/** A WebSocket as a connection: its messages are chunks of bytes, and backpressure passes through. */
const connectionOf = (socket: WebSocket) => openConnection({ socket: createWebSocketStream(socket) });

const webSockets = new WebSocketServer({ noServer: true });
const http = createServer((_, response) => response.writeHead(426).end('Use a WebSocket\n'));
http.on('upgrade', (request, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, async (webSocket) => {
    const connection = await connectionOf(webSocket);
    serve(connection).subscribe({
      error: (error) => connection.destroy(error),
      complete: () => void connection.close(),
    });
  });
});

const server = await startServer(
  async (connection) => {
    const { reader, closed } = connection;
    if (`${await reader.peekExactly(4)}` === 'GET ') {
      http.emit('connection', connection.toDuplex());
      await closed;
    } else await new Promise<void>((complete, error) => serve(connection).subscribe({ error, complete }));
  },
  { host: '127.0.0.1', port: 0 },
);
const { port } = server;
const place = { host: '127.0.0.1', port } as const;

// Lines over TCP.
const plain = await openConnection(place);
plain.writer.write('by lines\n');
console.log(`${await plain.reader.readLine()}`.trimEnd());
plain.writer.close();

// Lines in a WebSocket, on the same port. The client's connection is handed to `ws` before it says anything.
const dialed = await openConnection(place);
const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, { createConnection: () => dialed.toDuplex() });
await once(webSocket, 'open');
const inside = await connectionOf(webSocket);
inside.writer.write('by a Web');
inside.writer.write('Socket\n');
console.log(`${await inside.reader.readLine()}`.trimEnd());
await inside.close();

// HTTP, on the same port.
const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
console.log(response.status, (await response.text()).trimEnd());

await server.close();
console.log('All connections are closed');
