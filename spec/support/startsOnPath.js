// Starts servers on a Unix path and closes them on command, and reports the result: `startsOnPath.js LIBRARY PATH`. It
// works as a forked process and as a worker of a cluster.
const [library, path] = process.argv.slice(2);
const { startServer } = require(library);

const serve = async ({ reader, writer }) => void writer.write(await reader.readLine());
let server;

process.on('message', async ({ start, platform }) => {
  Object.defineProperty(process, 'platform', { value: platform });
  try {
    if (start) server = await startServer(serve, { path });
    else await server.close();
    process.send(start ? 'serves' : 'closed');
  } catch (error) {
    process.send(error.code);
  }
});
process.send('ready');
