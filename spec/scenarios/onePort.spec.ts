// Proves that one port can serve TLS and text: the first byte tells them apart.
import { openConnection, startServer } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';

describe('TLS and text on one port', () => {
  it('are told apart by the first byte, which stays', async () => {
    const server = await startServer(
      async (connection) => {
        const [first] = await connection.reader.peekExactly(1);
        if (first === 22) await connection.startTls(SERVER_TLS);
        connection.writer.write(`you said ${await connection.reader.readLine()}`);
      },
      { host: '127.0.0.1', port: 0 },
    );
    for (const tls of [false, CLIENT_TLS]) {
      const { reader, writer } = await openConnection({ host: '127.0.0.1', port: server.port, tls });
      writer.write('hello\n');
      expect(`${await reader.readAll()}`).toBe('you said hello\n');
      writer.close();
    }
    await server.close();
  });
});
