// Answers lines until SIGTERM, and drains: `servesUntilTerm.js LIBRARY OPTIONS`. It works as a forked process and as a worker of a
// cluster. Each answer begins with its process id.
const [library, options] = process.argv.slice(2);
const { startServer } = require(library);

async function answer({ reader, writer, draining }) {
  for (;;) {
    const line = await reader.readLine({ signal: draining });
    if (line.length === 0) return;
    writer.write(`${process.pid} ${line}`);
    await writer.drain();
  }
}

async function main() {
  const server = await startServer(answer, JSON.parse(options));
  server.errors.subscribe(({ error }) => process.send({ failure: `${error}` }));
  process.send({ pid: process.pid, port: server.port });
  await server.serveForever({ timeout: 5000 });
  process.disconnect();
}

main().catch((error) => process.send({ failure: `${error}` }, () => process.exit(1)));
