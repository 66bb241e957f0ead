// Proves that a real PostgreSQL understands the demo: the upgrade to TLS, each login, queries in a row, and a result of 100,000
// rows that is read no faster than its consumer takes it. Without PostgreSQL it is skipped with a message.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, map, reduce } from 'rxjs';
import { concatMapPausing, connect, openConnection, reconnect, requests } from 'rxjs-tcp';
import { login, main, messages, PostgresError, queriesOver, result, rows } from '../../demos/postgresClient';
import { printsItsHeader } from '../demos/describeDemo';
import { CERT_FILE, CLIENT_TLS, KEY_FILE } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { describeWith, freePort, host } from '../support/realPrograms';
import { hasProgram, type Run, run } from '../support/run';
import { turns, until } from '../support/until';

jest.setTimeout(60_000);

/** Debian has the programs of each version in a folder of its own. */
const bin = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql')
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

/** It refuses to run as root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asUser = (program: string, ...args: string[]): [string, ...string[]] =>
  isRoot
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', program, ...args]
    : [program, ...args];

const there = bin !== undefined && hasProgram(...splitFirst(asUser(join(bin, 'postgres'), '--version')), 'PostgreSQL');

function splitFirst([program, ...args]: [string, ...string[]]): [string, string[]] {
  return [program, args];
}

describeWith('PostgreSQL', there)('PostgreSQL', () => {
  const admin = { user: 'postgres', password: 'a secret' };
  const tls = CLIENT_TLS;
  let folder: string;
  let port: number;
  let server: Run;

  beforeAll(async () => {
    const ours = (file: string) => {
      if (isRoot) chownSync(file, NOBODY, NOBODY);
      return file;
    };
    const put = (name: string, from: string) => {
      const file = join(folder, name);
      copyFileSync(from, file);
      chmodSync(file, 0o600);
      return ours(file);
    };
    folder = ours(mkdtempSync(join(tmpdir(), 'rxjs-tcp-')));
    const passwords = join(folder, 'password');
    writeFileSync(passwords, `${admin.password}\n`);
    ours(passwords);
    const data = join(folder, 'data');
    const initdb = join(bin as string, 'initdb');
    const options = ['-D', data, '-U', admin.user, '--pwfile', passwords, '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(...asUser(initdb, ...options, '-A', 'scram-sha-256')).output;
    const users = ['open all trust', 'old all md5', 'all all scram-sha-256'].map((line) => {
      const [user, , method] = line.split(' ');
      return `host all ${user} ${host}/32 ${method}`;
    });
    writeFileSync(join(data, 'pg_hba.conf'), `${users.join('\n')}\n`);
    port = await freePort();
    const settings = {
      listen_addresses: host,
      unix_socket_directories: folder,
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: put('cert.pem', CERT_FILE),
      ssl_key_file: put('key.pem', KEY_FILE),
    };
    const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    server = run(...asUser(join(bin as string, 'postgres'), '-D', data, '-p', `${port}`, ...set));
    let said = '';
    server.child.stderr.on('data', (chunk) => (said += chunk));
    await until('it is ready', () => {
      if (server.child.exitCode !== null) throw new Error(`Cannot go on: PostgreSQL has ended, and said ${said}`);
      return said.includes('ready to accept connections');
    });
    const postgres = queriesOver(await openConnection({ host, port }), admin);
    const old = "SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 'old'";
    expect(await Promise.all(['CREATE ROLE open LOGIN', old].map((sql) => postgres.request(sql)))).toEqual([[], []]);
    await postgres.close();
  });

  afterAll(async () => {
    // In good order, so that it gives back its shared memory.
    server?.child.kill('SIGINT');
    await server?.output.catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers the demo in the same way as the server in the demo', async () => {
    await printsItsHeader('postgresClient', main, `${port}`, admin.user, admin.password);
  });

  it.each([
    ['SCRAM-SHA-256', admin],
    ['MD5', { user: 'old', password: 'old', database: 'postgres' }],
    ['trust', { user: 'open', database: 'postgres' }],
  ])('lets in with %s, encrypted and in the clear', async (_, account) => {
    for (const encrypted of [{ tls }, {}]) {
      const connection = await openConnection({ host, port });
      const postgres = queriesOver(connection, { ...account, ...encrypted });
      const sql = 'SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      expect(await postgres.request(sql)).toEqual([[account.user, encrypted.tls === undefined ? 'f' : 't']]);
      await postgres.close();
    }
  });

  it('refuses a wrong password: the connection ends, and the request says why', async () => {
    const postgres = queriesOver(await openConnection({ host, port }), { ...admin, password: 'wrong', tls });
    const failure = (await failureOf(postgres.request('SELECT 1'))) as Error;
    expect(failure.cause).toBeInstanceOf(PostgresError);
    expect(failure.cause).toMatchObject({ code: '28P01' });
  });

  it('sends 100,000 rows no faster than they are taken', async () => {
    const connection = await openConnection({ host, port });
    await login(connection, { ...admin, tls });
    const count = 100_000;
    const sql = `SELECT n, repeat('x', 200) FROM generate_series(1, ${count}) AS n`;
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let taken = 0;
    const numbers = rows(connection, sql).pipe(
      concatMapPausing((row) => (++taken === 1000 ? held.then(() => row) : [row])),
      map(([n]) => Number(n)),
      reduce((sum, n) => sum + n, 0),
    );
    const sum = lastValueFrom(numbers);
    await until('it waits for its consumer', () => taken === 1000);
    await turns(100);
    expect(taken).toBe(1000);
    // Of more than 20 MB.
    expect(connection.bytesRead).toBeLessThan(1024 * 1024);
    goOn();
    expect([await sum, taken]).toEqual([(count * (count + 1)) / 2, count]);
    expect(connection.bytesRead).toBeGreaterThan(20_000_000);
    await connection.close();
  });

  it('answers what waits after a connection that it ended, with a new login in the handshake', async () => {
    const codec = {
      decode: result,
      encode: (sql: string) => messages.encode({ type: 'Q', body: Buffer.from(`${sql}\0`) }),
    };
    const postgres = requests(connect({ host, port }).pipe(reconnect({ initial: 10 })), codec, {
      handshake: ({ connection }) => login(connection, { ...admin, tls }),
    });
    const [first] = await postgres.request('SELECT pg_backend_pid()').then((answer) => answer as string[][]);
    const killed = failureOf(postgres.request('SELECT pg_terminate_backend(pg_backend_pid())'));
    const again = postgres.request('SELECT pg_backend_pid()', { idempotent: true });
    expect(await killed).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    const [second] = (await again) as string[][];
    expect(Number(second?.[0])).toBeGreaterThan(0);
    expect(second).not.toEqual(first);
    await postgres.close();
  });
});
