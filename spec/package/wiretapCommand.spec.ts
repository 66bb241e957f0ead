// Proves that the published command works as a program of its own: what it prints, saves, plays and serves, and its exit codes.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  type ListenOptions,
  lines,
  openConnection,
  type Server,
  startServer,
  writeTo,
} from '../../src';
import { CERT_FILE, CLIENT_TLS, KEY_FILE, SERVER_TLS } from '../support/certificates';
import { gone } from '../support/child';
import { deadPort } from '../support/deadPort';
import { describeWith } from '../support/realPrograms';
import { hasProgram, run } from '../support/run';
import { socketPaths } from '../support/socketPaths';
import { until } from '../support/until';
import { builtPackage } from './builtPackage';

jest.setTimeout(30_000);

const host = '127.0.0.1';

describe('dist/cli.js wiretap', () => {
  const paths = socketPaths();
  const folder = paths.path('');
  const servers: Server[] = [];
  const children: ChildProcessWithoutNullStreams[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await gone(child);
    }
    await Promise.all(servers.splice(0).map((server) => server.close({ timeout: 1 })));
  });
  afterAll(() => paths.remove());

  /** A server that answers each line in upper case. */
  async function shouter(options: ListenOptions): Promise<Server> {
    const answer = ({ reader, writer }: Connection) =>
      reader.pipe(
        lines(),
        map((line) => `${line.toUpperCase()}\n`),
        writeTo(writer, { end: true }),
      );
    const server = await startServer(answer, options);
    servers.push(server);
    // Of clients that are reset.
    server.errors.subscribe();
    return server;
  }

  function command(...args: string[]) {
    const child = spawn(process.execPath, [join(builtPackage(), 'dist/cli.js'), 'wiretap', ...args], { cwd: folder });
    children.push(child);
    const [out, err]: Buffer[][] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out!.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err!.push(chunk));
    const closed = new Promise((resolve) => child.once('close', resolve));
    return {
      bytes: () => Buffer.concat(out!),
      out: () => `${Buffer.concat(out!)}`,
      err: () => `${Buffer.concat(err!)}`,
      /** Its exit code, once it has ended. */
      code: () => closed.then(() => child.exitCode),
      interrupt: () => child.kill('SIGINT'),
    };
  }

  async function listening(...args: string[]) {
    const running = command('--listen', '0', ...args);
    await until('it listens', () => /(Forwards|Plays) .*:\d+ →/.test(running.err()));
    return { ...running, port: Number(/127\.0\.0\.1:(\d+) →/.exec(running.err())![1]) };
  }

  async function say(to: ConnectOptions, text: string): Promise<string> {
    const { reader, writer } = await openConnection(to);
    writer.write(text);
    writer.writeEof();
    return `${await reader.readAll()}`;
  }

  async function end(running: ReturnType<typeof command>): Promise<void> {
    running.interrupt();
    expect(await running.code()).toBe(0);
  }

  it('shows the frames of a decoder of your own', async () => {
    writeFileSync(
      paths.path('decoder.mjs'),
      'export default function* (read) { return { twoBytes: String(yield* read.exactly(2)) }; }\n',
    );
    const { port } = await shouter({ host, port: 0 });
    const running = await listening('--to', `${port}`, '--print', 'text', '--frames', './decoder.mjs');
    expect(await say({ host, port: running.port }, 'abc\n')).toBe('ABC\n');
    await until('it is printed', () => running.out().includes('close'));
    expect(running.out()).toContain("  > { twoBytes: 'ab' }\n  > { twoBytes: 'c\\n' }\n");
    expect(running.out()).toContain("  < { twoBytes: 'AB' }\n  < { twoBytes: 'C\\n' }\n");
    await end(running);
  });

  it('goes between Unix sockets', async () => {
    await shouter({ path: paths.path('target.sock') });
    const running = command('--listen', './near.sock', '--to', './target.sock');
    await until('it listens', () => running.err().includes('Forwards'));
    expect(await say({ path: paths.path('near.sock') }, 'hello\n')).toBe('HELLO\n');
    await until('it is printed', () => running.out().includes('closed'));
    expect(running.out()).toContain("client       6 bytes  'hello\\n'");
    await end(running);
  });

  it('ends TLS on one side and begins it on the other, and prints what was in it', async () => {
    const { port } = await shouter({ host, port: 0, tls: SERVER_TLS });
    const running = await listening(
      ...['--to', `${port}`, '--tls', '--tls-ca', CERT_FILE, '--tls-name', 'localhost'],
      ...['--cert', CERT_FILE, '--key', KEY_FILE],
    );
    expect(await say({ host, port: running.port, tls: CLIENT_TLS }, 'hello\n')).toBe('HELLO\n');
    await until('it is printed', () => running.out().includes('closed'));
    expect(running.out()).toContain("client       6 bytes  'hello\\n'");
    await end(running);
  });

  it('verifies the certificate of the target, and says what is wrong', async () => {
    const { port } = await shouter({ host, port: 0, tls: SERVER_TLS });
    const running = await listening('--to', `${port}`, '--tls');
    const client = await openConnection({ host, port: running.port });
    expect((await client.closed).by).toBe('reset');
    await until('it is said', () => running.err().includes('It was reset.'));
    expect(running.err()).toContain('self-signed certificate');
    await end(running);
  });

  it('saves a conversation, plays it to clients, and prints it', async () => {
    const { port } = await shouter({ host, port: 0 });
    const saving = await listening('--to', `${port}`, '--save', 'talk.jsonl');
    expect(await say({ host, port: saving.port }, 'hello\n')).toBe('HELLO\n');
    await until('it is printed', () => saving.out().includes('closed'));
    await end(saving);
    expect(readFileSync(paths.path('talk.jsonl'), 'utf8')).toContain('"kind":"close"');

    const playing = await listening('--replay', 'talk.jsonl');
    expect(await say({ host, port: playing.port }, 'hello\n')).toBe('HELLO\n');
    await until('it is compared', () => playing.err().includes('the client did as in the log'));
    await say({ host, port: playing.port }, 'hullo\n').catch(() => {});
    await until('it differs', () => playing.err().includes('the client differs'));
    playing.interrupt();
    expect(await playing.code()).toBe(3);

    const printing = command('--replay', 'talk.jsonl');
    expect(await printing.code()).toBe(0);
    expect(printing.out()).toContain("server       6 bytes  'HELLO\\n'");
  });

  it('serves the page, to those who know its address', async () => {
    const { port } = await shouter({ host, port: 0 });
    const running = await listening('--to', `${port}`, '--ui');
    await until('it says where', () => running.err().includes('Open http'));
    const url = /Open (http:\S+)/.exec(running.err())![1]!;
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toMatch(/^<!doctype html>/i);
    expect((await fetch(new URL('/', url))).ok).toBe(false);
    await end(running);
  });

  it('says why it can not go on', async () => {
    const { port } = await shouter({ host, port: 0 });
    const inUse = command('--listen', `${port}`, '--to', '1');
    expect(await inUse.code()).toBe(1);
    expect(inUse.err()).toBe(`Cannot listen on ${port}: the address is in use (EADDRINUSE)\n`);

    const wrong = command('--listen', '0');
    expect(await wrong.code()).toBe(2);
    expect(wrong.err()).toContain('--to');

    const refused = await listening('--to', `${await deadPort()}`);
    const client = await openConnection({ host, port: refused.port });
    expect((await client.closed).by).toBe('reset');
    await until('it is said', () => refused.err().includes('nothing listens there (ECONNREFUSED). It was reset.'));
    await end(refused);
  });

  it('ends at once after a second Ctrl-C', async () => {
    const { port } = await shouter({ host, port: 0 });
    const running = await listening('--to', `${port}`);
    const client = await openConnection({ host, port: running.port });
    client.writer.write('hello\n');
    await client.reader.readLine();
    running.interrupt();
    await until('it waits', () => running.err().includes('Waits for 1 open connection'));
    running.interrupt();
    expect(await running.code()).toBe(130);
    expect((await client.closed).by).toBe('reset');
  });

  describeWith('tshark', hasProgram('tshark', ['--version'], 'TShark'))('with tshark', () => {
    it('prints a capture that tshark reads', async () => {
      const { port } = await shouter({ host, port: 0 });
      const running = await listening('--to', `${port}`, '--print', 'pcapng');
      expect(await say({ host, port: running.port }, 'hello\n')).toBe('HELLO\n');
      await until('it has the end', () => running.bytes().includes('HELLO\n'));
      await end(running);
      writeFileSync(paths.path('talk.pcapng'), running.bytes());
      const fields = ['-T', 'fields', '-e', 'tcp.payload', '-Y', 'tcp.len > 0'];
      const payloads = await run('tshark', '-r', paths.path('talk.pcapng'), ...fields).output;
      const seen = payloads
        .trim()
        .split('\n')
        .map((line) => `${Buffer.from(line, 'hex')}`);
      expect(seen).toEqual(['hello\n', 'HELLO\n']);
    });
  });
});
