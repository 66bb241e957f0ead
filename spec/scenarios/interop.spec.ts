// Proves that other programs understand us: Python's asyncio on both ends, `openssl s_client`, `nc`.
import { join } from 'node:path';
import { type Connection, type ListenOptions, openConnection, type Server, startServer } from '../../src';
import { CERT_FILE, CLIENT_TLS, KEY_FILE, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { hasProgram, type Run, run } from '../support/run';
import { type SocketPaths, socketPaths } from '../support/socketPaths';

jest.setTimeout(30_000);

const host = '127.0.0.1';
const script = (name: string) => join(__dirname, '../support/interop', name);

/** `describe`, or a skip with a message when the program is missing. */
function describeWith(program: string, args: string[], says?: string): jest.Describe {
  if (hasProgram(program, args, says)) return describe;
  process.stderr.write(
    `spec/scenarios/interop.spec.ts: there is no ${program} ${says ?? ''}, what needs it is skipped\n`,
  );
  return describe.skip;
}

let paths: SocketPaths;
const runs: Run[] = [];

function start(program: string, ...args: string[]): Run {
  const started = run(program, ...args);
  runs.push(started);
  return started;
}

beforeAll(() => {
  paths = socketPaths();
});

afterAll(async () => {
  for (const started of runs) await started.stop();
  paths.remove();
});

describeWith('python3', ['-c', ''])("Python's asyncio", () => {
  describe.each(['tcp', 'unix', 'tls'] as const)('over %s', (kind) => {
    it('as client of our server', async () => {
      const where: ListenOptions =
        kind === 'unix'
          ? { path: paths.path('ours.sock') }
          : { host, port: 0, ...(kind === 'tls' && { tls: SERVER_TLS }) };
      const told: string[] = [];
      const server = await startServer(async ({ reader, writer }) => {
        told.push(`${await reader.readLine()}`);
        writer.write('hello from node\n');
        writer.write('exact');
        writer.write('until;');
        const size = (await reader.readExactly(4)).readUInt32BE();
        for (let left = size; left > 0; ) {
          const chunk = await reader.read(left);
          left -= chunk.length;
          writer.write(chunk);
          await writer.drain();
        }
        // Python's TLS has no half-close, and reports that on an extra line.
        told.push(`${await reader.readLine()}`);
        writer.write('the rest');
      }, where);
      const address = kind === 'unix' ? paths.path('ours.sock') : `${portOf(server)}`;
      const client = start('python3', script('client.py'), kind, address, CERT_FILE);
      const output = await client.output;
      expect(output.split('\n')).toEqual([
        'hello from node',
        'exact',
        'until;',
        expect.stringMatching(/^same /),
        'the rest',
        '',
      ]);
      expect(told).toEqual(['hello from python\n', kind === 'tls' ? 'no eof\n' : '']);
      await server.close();
    });

    async function dial(): Promise<Connection> {
      const { firstLine } = start(
        'python3',
        script('server.py'),
        kind,
        paths.path(`py-${runs.length}.sock`),
        CERT_FILE,
        KEY_FILE,
      );
      const address = await firstLine;
      if (kind === 'unix') return openConnection({ path: address });
      return openConnection({ host, port: Number(address), ...(kind === 'tls' && { tls: CLIENT_TLS }) });
    }

    it('as server of our client, which ends first', async () => {
      const { reader, writer, closed } = await dial();
      expect(`${await reader.readLine()}`).toBe('hello from python\n');
      writer.writeLines(['one\n', 'two\n']);
      expect(`${await reader.readLine()}`).toBe('ONE\n');
      expect(`${await reader.readLine()}`).toBe('TWO\n');
      writer.write('big\n');
      expect((await reader.readExactly(4 * 1024 * 1024)).every((byte) => byte === 0x78)).toBe(true);
      writer.writeEof();
      // Python's TLS treats our end as the end of both directions: its later bytes get lost on its side.
      expect(`${await reader.readAll()}`).toMatch(kind === 'tls' ? /^(bye)?$/ : /^bye$/);
      expect(await closed).toEqual({ by: 'local' });
      await runs.at(-1)!.output;
    });

    it('as server of our client, ending first', async () => {
      const { reader, writer, closed } = await dial();
      expect(`${await reader.readLine()}`).toBe('hello from python\n');
      writer.write('close\n');
      expect(`${await reader.readAll()}`).toBe('bye');
      writer.close();
      await writer.waitClosed();
      expect(await closed).toEqual({ by: 'peer' });
      await runs.at(-1)!.output;
    });

    it('as server that aborts', async () => {
      const { reader, writer, closed } = await dial();
      await reader.readLine();
      writer.write('reset\n');
      // asyncio's abort closes the socket, which sends FIN when it had read everything.
      expect(await reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
      writer.close();
      expect((await closed).by).toMatch(/^(peer|reset)$/);
      await runs.at(-1)!.output;
    });
  });

  it('over tls rejects our certificate for another name', async () => {
    const server = await startServer(() => {}, { host: '127.0.0.2', port: 0, tls: SERVER_TLS });
    server.errors.subscribe();
    const code = `import asyncio, ssl
async def main():
    await asyncio.open_connection('127.0.0.2', ${portOf(server)}, ssl=ssl.create_default_context(cafile=${JSON.stringify(CERT_FILE)}))
asyncio.run(main())`;
    const error = await failureOf(start('python3', '-c', code).output);
    expect((error as Error).message).toMatch(/CERTIFICATE_VERIFY_FAILED.*127\.0\.0\.2/s);
    await server.close();
  });
});

describeWith('openssl', ['version'])('openssl s_client', () => {
  it('talks to our TLS server, and verifies its certificate', async () => {
    const server = await startServer(
      async ({ reader, writer }) => {
        writer.write(`you said ${await reader.readLine()}`);
      },
      { host, port: 0, tls: SERVER_TLS },
    );
    const { child, output } = start(
      'openssl',
      's_client',
      '-connect',
      `${host}:${portOf(server)}`,
      '-CAfile',
      CERT_FILE,
      '-verify_return_error',
      '-verify_ip',
      host,
      '-quiet',
      '-no_ign_eof',
    );
    child.stdin.write('hello\n');
    expect(await output).toBe('you said hello\n');
    await server.close();
  });
});

describeWith(
  'nc',
  ['-h'],
  '-N',
)('nc', () => {
  let server: Server;

  afterEach(() => server.close());

  it('talks to our server', async () => {
    server = await startServer(({ reader, writer }) => void reader.subscribe(writer), { host, port: 0 });
    const { child, output } = start('nc', '-N', host, `${portOf(server)}`);
    child.stdin.end('hello\n');
    expect(await output).toBe('hello\n');
  });
});
