// Proves the live terminal in a real one: tmux shows the screen at known moments, types keys and changes the size.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { map } from 'rxjs';
import { type Connection, lines, openConnection, type Server, startServer, writeTo } from 'rxjs-tcp';
import { describeWith } from '../../support/realPrograms';
import { hasProgram } from '../../support/run';
import { socketPaths } from '../../support/socketPaths';

jest.setTimeout(30_000);

const host = '127.0.0.1';
const program = resolve(__dirname, '../../support/commandFromSource.js');

describeWith('tmux', hasProgram('tmux', ['-V'], 'tmux'))('the live terminal', () => {
  const paths = socketPaths();
  const folder = paths.path('');
  let target: Server;
  let port: number;

  /** Each call is a process, so a screen that does not come yet is looked at again some times a second. */
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', paths.path('tmux'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const screen = () => tmux('capture-pane', '-p').trimEnd();

  async function until(what: string, condition: (screen: string) => boolean): Promise<string> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
      const seen = screen();
      if (condition(seen)) return seen;
      await new Promise((turn) => setImmediate(turn));
    }
    throw new Error(`Cannot wait longer until ${what}:\n${screen()}`);
  }

  beforeAll(async () => {
    const answer = ({ reader, writer }: Connection) =>
      reader.pipe(
        lines(),
        map((line) => `${line.toUpperCase()}\n`),
        writeTo(writer, { end: true }),
      );
    target = await startServer(answer, { host, port: 0 });
    const command = `'${process.execPath}' '${program}' wiretap --listen 0 --to ${target.port}; echo "ended with $?"; cat`;
    tmux('new-session', '-d', '-x', '80', '-y', '24', '-c', folder, '-e', 'NO_COLOR=1', command);
    const seen = await until('it listens', (text) => text.includes('No connection yet'));
    port = Number(/127\.0\.0\.1:(\d+) →/.exec(seen)![1]);
  });

  afterAll(async () => {
    tmux('kill-server');
    await target.close({ timeout: 1 });
    paths.remove();
  });

  it('shows a conversation, opens it, freezes, fits into other sizes, copies it as a test, and gives the screen back', async () => {
    const { reader, writer } = await openConnection({ host, port });
    writer.write('hello\n');
    await reader.readLine();
    const open = await until('the conversation is shown', (text) => /server .*●/.test(text));
    expect(open).toMatch(/^ 1 open, 0 closed .* FOLLOWS$/m);
    expect(open).toMatch(/^▸#1 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ {2}open {2}client 6 B {2}server 6 B$/m);
    // The bytes may come in the column of the beginning.
    expect(open).toMatch(/^ client +─*●─*$/m);

    tmux('send-keys', 'Space', 'Enter', 'Up');
    const detail = await until('the connection is open', (text) => text.includes("'hello\\n'"));
    expect(detail).toContain('FROZEN');
    expect(detail).toMatch(/▸ +[\d.]+ ms {2}client {6}6 bytes {2}'hello\\n'/);
    tmux('send-keys', 'x');
    await until('bytes are hexadecimal', (text) => text.includes('68 65 6c 6c 6f 0a'));

    tmux('resize-window', '-x', '50', '-y', '12');
    // First the terminal cuts the screen, then the view draws it again.
    const fits = (text: string) => text.split('\n').every((line) => line.length <= 50);
    await until('it is small', (text) => fits(text) && text.includes('events'));
    tmux('resize-window', '-x', '120', '-y', '40');
    await until('it is large', (text) => text.split('\n').some((line) => line.length > 100));

    writer.writeEof();
    await reader.readAll();
    await until('the end is shown', (text) => text.includes('0 open, 1 closed'));
    tmux('send-keys', 't');
    await until('the test is written', (text) => text.includes('is now a test in wiretap-1.spec.ts'));
    expect(existsSync(join(folder, 'wiretap-1.spec.ts'))).toBe(true);
    expect(readFileSync(join(folder, 'wiretap-1.spec.ts'), 'utf8')).toContain("receives('hello\\n')");

    tmux('send-keys', 'Escape', '?');
    await until('the help is shown', (text) => text.includes('Any key closes this'));
    tmux('send-keys', 'x', 'q');
    await until('it has ended', (text) => text.includes('ended with 0'));
  });
});
