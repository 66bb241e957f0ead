// A server in a process that may open few files (see acceptLoop.spec.ts): it echoes, reports its state on request, and
// the result of dialing itself.
const { openConnection, startServer } = require('./fromSource');

let accepted = 0;
const failures = [];

async function main() {
  const serve = ({ reader, writer }) => {
    accepted++;
    reader.subscribe(writer);
  };
  const server = await startServer(serve, { host: '127.0.0.1', port: 0 });
  server.errors.subscribe(({ error }) => failures.push(error.code));
  const { port } = server;
  const dial = () =>
    openConnection({ host: '127.0.0.1', port }).then(
      (connection) => connection.destroy(),
      (error) => error.code,
    );
  process.on('message', async () =>
    process.send({ dialing: await dial(), accepted, failures, serving: server.isServing() }),
  );
  process.send({ port });
}

void main();
