// Proves what the command prints, saves and plays, how it ends, and what it says when it can't go on. The forwarder has a spec of its own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map } from 'rxjs';
import { type Connection, lines, openConnection, type Server, startServer, writeTo } from 'rxjs-tcp';
import { readJsonLines } from '../../../src/wiretap';
import { runCommand } from '../../../src/wiretap/cli/runCommand';
import { usage } from '../../../src/wiretap/cli/usage';
import { commandIo, type TestIo } from '../../support/commandIo';
import { deadPort } from '../../support/deadPort';
import { socketPaths } from '../../support/socketPaths';
import { until } from '../../support/until';

jest.setTimeout(20_000);

const host = '127.0.0.1';
const paths = socketPaths();
const folder = paths.path('');
let target: Server;

beforeAll(async () => {
  // It answers in upper case, line by line.
  const answer = ({ reader, writer }: Connection) =>
    reader.pipe(
      lines(),
      map((line) => `${line.toUpperCase()}\n`),
      writeTo(writer, { end: true }),
    );
  target = await startServer(answer, { host, port: 0 });
  // Of clients that are reset.
  target.errors.subscribe();
});

afterAll(async () => {
  await target.close();
  paths.remove();
});

interface Running {
  io: TestIo;
  code: Promise<number>;
  port: number;
}

async function start(...args: string[]): Promise<Running> {
  const io = commandIo(folder);
  const code = runCommand(['wiretap', '--listen', '0', ...args], io, '1.2.3');
  await until('it forwards', () => /(Forwards|Plays) .*:\d+ →/.test(io.err()));
  return { io, code, port: Number(/127\.0\.0\.1:(\d+) →/.exec(io.err())![1]) };
}

const forward = (...args: string[]) => start('--to', `${host}:${target.port}`, ...args);

async function say(port: number, ...said: string[]): Promise<string> {
  const { reader, writer } = await openConnection({ host, port });
  let answers = '';
  for (const line of said) {
    writer.write(`${line}\n`);
    answers += await reader.readLine();
  }
  writer.writeEof();
  return answers + (await reader.readAll());
}

async function end({ io, code }: Running): Promise<string> {
  io.signal();
  expect(await code).toBe(0);
  expect(io.listens()).toBe(false);
  return io.out();
}

describe('rxjs-tcp wiretap', () => {
  it('prints marbles, a block for each connection', async () => {
    const running = await forward();
    expect(await say(running.port, 'hello', 'again')).toBe('HELLO\nAGAIN\n');
    await until('the connection is printed', () => running.io.out().includes('closed by'));
    const out = await end(running);
    expect(out).toMatch(/^#\d+ 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ {2}opened\n\n#/);
    expect(out).toMatch(/ms {2}client {2}a-*c-+\|.*\n +server {2}-+b-+d-+\|/);
    expect(out).toMatch(/ {2}a {2}client {7}6 bytes {2}'hello\\n'\n {2}b {2}server {7}6 bytes {2}'HELLO\\n'\n/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [
      'text',
      /^#\d+ +0\.000 ms {2}open .*\n#\d+ +[\d.]+ ms {2}tx +3 bytes\n {2}> 'hi\\n'\n#\d+ +[\d.]+ ms {2}rx +3 bytes\n {2}< 'HI\\n'\n/,
    ],
    ['hex', /tx +3 bytes\n {2}00000000 {2}68 69 0a +\|hi\.\|\n/],
    ['jsonl', /^\{"seq":0,.*"kind":"open".*\}\n\{"seq":1,.*"kind":"tx","bytes":3,"data":"aGkK"\}\n/],
  ])('prints %s', async (format, expected) => {
    const running = await forward('--print', format);
    await say(running.port, 'hi');
    await until('all is printed', () => /close/.test(running.io.out()));
    expect(await end(running)).toMatch(expected);
  });

  it('prints frames, and nothing that a terminal obeys', async () => {
    const running = await forward('--print', 'text', '--frames', 'lines');
    await say(running.port, 'a\x1b[31m\u2028\u202e');
    await until('all is printed', () => /close/.test(running.io.out()));
    const out = await end(running);
    expect(out).toContain('  > a\\u{1b}[31m\\u{2028}\\u{202e}\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\u2028\u202e]/);
  });

  it('hides what --redact matches, on the way to the printer and to the file alike; the target gets it', async () => {
    const running = await forward(
      '--redact',
      'PASS (\\S+)',
      '--redact',
      'pass (\\S+)',
      '--save',
      'hidden.jsonl',
      '--print',
      'text',
    );
    expect(await say(running.port, 'pass secret')).toBe('PASS SECRET\n');
    await until('all is printed', () => /close/.test(running.io.out()));
    const out = await end(running);
    expect(out).toContain("'pass ******\\n'");
    expect(out).toContain("'PASS ******\\n'");
    const saved = readFileSync(join(folder, 'hidden.jsonl'), 'utf8');
    expect(saved).toContain(Buffer.from('pass ******\n').toString('base64'));
    expect(saved).not.toContain(Buffer.from('pass secret\n').toString('base64'));
  });

  it('with --side server has the view of the server, for a client that is the one to replay', async () => {
    const running = await forward('--print', 'jsonl', '--side', 'server');
    await say(running.port, 'hi');
    await until('all is printed', () => /close/.test(running.io.out()));
    const out = await end(running);
    expect(out).toMatch(/"kind":"rx","bytes":3,"data":"aGkK".*"kind":"tx","bytes":3,"data":"SEkK"/s);
    expect(running.io.err()).not.toContain('Cannot');
  });

  it('says why a target refuses, resets the client, and goes on', async () => {
    const port = await deadPort();
    const running = await start('--to', `${host}:${port}`);
    const client = await openConnection({ host, port: running.port });
    expect((await client.closed).by).toBe('reset');
    await until('it is said', () => running.io.err().includes('was reset'));
    expect(running.io.err()).toMatch(
      new RegExp(
        `Cannot connect 127\\.0\\.0\\.1:\\d+ to 127\\.0\\.0\\.1:${port}: nothing listens there \\(ECONNREFUSED\\)`,
      ),
    );
    await end(running);
  });

  it('says that a name has no address', async () => {
    const running = await start('--to', 'no-such-host.invalid:80');
    const client = await openConnection({ host, port: running.port });
    expect((await client.closed).by).toBe('reset');
    await until('it is said', () => /the name has no address|names cannot be looked up/.test(running.io.err()));
    await end(running);
  });

  it('warns if other machines can connect', async () => {
    const io = commandIo(folder);
    const code = runCommand(['wiretap', '--listen', '0', '--host', '0.0.0.0', '--to', '1'], io, '');
    await until('it listens', () => io.err().includes('WARNING: listens on 0.0.0.0:'));
    io.signal();
    expect(await code).toBe(0);
  });

  describe('a saved log', () => {
    let file: string;
    beforeAll(async () => {
      file = 'talk.jsonl';
      const running = await forward('--save', file, '--print', 'text');
      expect(await say(running.port, 'one', 'two')).toBe('ONE\nTWO\n');
      await until('all is printed', () => /close/.test(running.io.out()));
      await end(running);
    });

    it('has all bytes of large chunks, also if the view keeps little', async () => {
      const running = await forward('--save', 'large.jsonl', '--print', 'text', '--max-bytes', '4k');
      const talk = `${'x'.repeat(50_000)}\n`.repeat(20);
      const { reader, writer } = await openConnection({ host, port: running.port });
      writer.write(talk);
      writer.writeEof();
      const answer = talk.toUpperCase();
      expect(`${await reader.readAll({ limit: answer.length })}` === answer).toBe(true);
      await until('all is printed', () => /close/.test(running.io.out()));
      await end(running);
      const [log, ...rest] = readJsonLines(readFileSync(join(folder, 'large.jsonl'), 'utf8'));
      expect(rest).toEqual([]);
      const bytesOf = (kind: string) =>
        Buffer.concat(log!.events().flatMap((event) => (event.kind === kind ? [event.data ?? Buffer.alloc(0)] : [])));
      expect(bytesOf('tx').equals(Buffer.from(talk))).toBe(true);
      expect(bytesOf('rx').equals(Buffer.from(answer))).toBe(true);
      const numbers = log!.events().map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, i) => i));
    });

    it('is printed by --replay', async () => {
      const io = commandIo(folder);
      expect(await runCommand(['wiretap', '--replay', file, '--frames', 'lines'], io, '')).toBe(0);
      expect(io.out()).toMatch(/ {2}a {2}client {7}4 bytes {2}one\n {2}b {2}server {7}4 bytes {2}ONE\n/);
    });

    it('plays its server to clients that do the same, again and again', async () => {
      const running = await start('--replay', file);
      for (let i = 0; i < 2; i++) expect(await say(running.port, 'one', 'two')).toBe('ONE\nTWO\n');
      await until('both are played', () => running.io.err().match(/the client did as in the log/g)?.length === 2);
      await end(running);
    });

    it.each<[string, string[], RegExp]>([
      [
        'sends something else',
        ['one', 'twx'],
        /the client differs: byte 6: the log has 'o\\n', and the client sent 'x\\n'/,
      ],
      [
        'ends too soon',
        ['one'],
        /the client differs: the client ended after 4 bytes, and the log goes on with 'two\\n'/,
      ],
      [
        'sends more',
        ['one', 'two', 'three'],
        /the client differs: the log ends after 8 bytes, and the client sent 'three\\n'/,
      ],
    ])('resets a client that %s, and the exit code says so', async (_, said, expected) => {
      const running = await start('--replay', file);
      await say(running.port, ...said).catch(() => {});
      await until('it is said', () => /the client (did|differs)/.test(running.io.err()));
      expect(running.io.err()).toMatch(expected);
      running.io.signal();
      expect(await running.code).toBe(3);
    });
  });

  describe('ends', () => {
    it('when its open connections have ended, after Ctrl-C', async () => {
      const running = await forward();
      const client = await openConnection({ host, port: running.port });
      client.writer.write('one\n');
      await client.reader.readLine();
      running.io.signal();
      await until('it waits', () => running.io.err().includes('Waits for 1 open connection; Ctrl-C ends now'));
      client.writer.write('two\n');
      expect(`${await client.reader.readLine()}`).toBe('TWO\n');
      await client.close();
      expect(await running.code).toBe(0);
    });

    it('at once after a second Ctrl-C', async () => {
      const running = await forward();
      const client = await openConnection({ host, port: running.port });
      client.writer.write('one\n');
      await client.reader.readLine();
      running.io.signal();
      running.io.signal();
      expect(await running.code).toBe(130);
      expect((await client.closed).by).toBe('reset');
    });

    it('when the reader of its output has gone', async () => {
      const running = await forward();
      running.io.stdout.destroy(new Error('EPIPE'));
      expect(await running.code).toBe(0);
    });
  });

  describe('ends at once', () => {
    async function fails(...args: string[]) {
      const io = commandIo(folder);
      const code = await runCommand(args, io, '1.2.3');
      return { code, err: io.err(), out: io.out() };
    }

    it('with the help and the version', async () => {
      expect(await fails('wiretap', '--help')).toEqual({ code: 0, err: '', out: usage });
      expect(await fails('--version')).toEqual({ code: 0, err: '', out: '1.2.3\n' });
      expect(Math.max(...usage.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    });

    it.each<[string, string[], number, string]>([
      ['without a command', [], 2, 'Cannot start: the command is missing\n'],
      ['for another command', ['sniff'], 2, "Cannot start 'sniff': there is no such command\n"],
      ['for a wrong option', ['wiretap', '--no'], 2, "Cannot read the options: Unknown option '--no'\n"],
      [
        'for an unknown framing',
        ['wiretap', '--listen', '0', '--to', '1', '--frames', 'x'],
        2,
        "Cannot use 'x' for --frames",
      ],
      [
        'for a missing log',
        ['wiretap', '--replay', 'no.jsonl'],
        1,
        'Cannot read no.jsonl: there is no such file (ENOENT)\n',
      ],
      [
        'for a wrong log',
        ['wiretap', '--replay', 'bad.jsonl'],
        1,
        'Cannot read bad.jsonl: Cannot read line 1 as an event',
      ],
      [
        'for an empty log',
        ['wiretap', '--replay', 'empty.jsonl', '--listen', '0'],
        1,
        'Cannot play empty.jsonl: it has no connection\n',
      ],
      [
        'for a file that it can not write',
        ['wiretap', '--listen', '0', '--to', '1', '--save', 'no/x'],
        1,
        'Cannot write no/x: there is no such file (ENOENT)\n',
      ],
      [
        'for a missing certificate',
        ['wiretap', '--listen', '0', '--to', '1', '--cert', 'c', '--key', 'k'],
        1,
        'Cannot read c: there is no such file (ENOENT)\n',
      ],
    ])('%s', async (_, args, code, message) => {
      writeFileSync(join(folder, 'bad.jsonl'), 'no\n');
      writeFileSync(join(folder, 'empty.jsonl'), '');
      const failed = await fails(...args);
      expect(failed.err).toContain(message);
      expect(failed.code).toBe(code);
      expect(failed.out).toBe('');
    });

    it('for a port in use, and leaves no file', async () => {
      const failed = await fails('wiretap', '--listen', `${target.port}`, '--to', '1');
      expect(failed).toEqual({
        code: 1,
        err: `Cannot listen on ${target.port}: the address is in use (EADDRINUSE)\n`,
        out: '',
      });
      expect(existsSync(join(folder, 'no'))).toBe(false);
    });
  });
});
