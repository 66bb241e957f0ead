// A client that writes 4 MiB and awaits nothing (see scenarios/unreferenced.spec.ts): `writesAndEnds.js PORT`.
const { openConnection } = require('./fromSource');

void openConnection({ host: '127.0.0.1', port: Number(process.argv[2]) }).then(({ writer }) => {
  writer.write(Buffer.alloc(4 * 1024 * 1024));
  writer.close();
});
