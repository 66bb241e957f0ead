/**
 * Through a SOCKS5 proxy by the package `socks`: it dials and talks to the proxy, and `openConnection` takes its socket.
 * The proxy here is a small one of its own, with a password.
 */
import { merge } from 'rxjs';
import { type Connection, openConnection, startServer, writeTo } from 'rxjs-tcp';
import { SocksClient } from 'socks';

const host = '127.0.0.1';
const target = await startServer(async ({ reader, writer }) => void writer.write(`hello ${await reader.readLine()}`), {
  host,
  port: 0,
});

/** The proxy's half of RFC 1928 and RFC 1929. */
async function talk({ reader, writer }: Connection): Promise<Connection> {
  await reader.readExactly((await reader.readExactly(2)).readUInt8(1));
  writer.write(Buffer.from([5, 2])); // asks for a name and a password
  const text = async () => `${await reader.readExactly((await reader.readExactly(1)).readUInt8())}`;
  await reader.readExactly(1);
  const [user, password] = [await text(), await text()];
  const known = user === 'ada' && password === 'secret';
  writer.write(Buffer.from([1, known ? 0 : 1]));
  if (!known) throw new Error(`Cannot let ${user} in`);
  const kind = (await reader.readExactly(4)).readUInt8(3);
  const name = kind === 3 ? await text() : (await reader.readExactly(4)).join('.');
  const onward = await openConnection({ host: name, port: (await reader.readExactly(2)).readUInt16BE() });
  writer.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  return onward;
}

const proxy = await startServer(
  async (connection) => {
    const onward = await talk(connection);
    const both = merge(
      connection.reader.pipe(writeTo(onward.writer, { end: true })),
      onward.reader.pipe(writeTo(connection.writer, { end: true })),
    );
    await new Promise<void>((complete, error) => both.subscribe({ error, complete }));
    await onward.close();
  },
  { host, port: 0 },
);
proxy.errors.subscribe(({ error }) => console.log(`The proxy: ${error}`));

async function through(userId: string, password: string): Promise<Connection> {
  const { socket } = await SocksClient.createConnection({
    proxy: { host, port: proxy.port as number, type: 5, userId, password },
    command: 'connect',
    destination: { host: 'localhost', port: target.port as number },
    timeout: 10_000,
  });
  return openConnection({ socket });
}

const connection = await through('ada', 'secret');
connection.writer.write('by socks\n');
connection.writer.writeEof();
console.log(`${await connection.reader.readAll()}`.trimEnd());
await connection.close();

await through('eve', 'guessed').catch((error: Error) => console.log(`eve: ${error.message}`));

await proxy.close();
await target.close();
