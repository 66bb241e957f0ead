// Serves a handle of its parent: `servesHandle.js` with a listening socket as file descriptor 3, or as a forked process that is
// sent a server or a socket.
const { openConnection, startServer } = require('./fromSource');

const serve = async ({ reader, writer }) => void writer.write(`child: ${await reader.readLine()}`);

if (process.argv[2] === 'fd') {
  startServer(serve, { fd: 3 }).then((server) => process.send(server.address()));
} else {
  let server;
  process.on('message', async (kind, handle) => {
    if (kind === 'server') {
      server = await startServer(serve, { server: handle });
      process.send(server.address());
    } else if (kind === 'socket') {
      const connection = await openConnection({ socket: handle });
      await serve(connection);
      await connection.close();
    } else {
      await server.close();
      process.send('closed');
    }
  });
  process.send('ready');
}
