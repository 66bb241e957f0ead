// Proves that several processes share one port or path, by `node:cluster` or `reusePort`, and that a restart of one after the other
// loses no request: each drains at SIGTERM.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type Connection, openConnection } from '../../src';
import { hasReusePort } from '../../src/net/hasReusePort';
import { gone, messageFrom } from '../support/child';
import { runs } from '../support/runs';
import { type SocketPaths, socketPaths } from '../support/socketPaths';
import { transpiledSource } from '../support/transpiledSource';

jest.setTimeout(60_000);

const host = '127.0.0.1';
const WORKERS = 3;
const program = (name: string) => join(__dirname, '../support', name);

type Place = { readonly host: string; readonly port: number } | { readonly path: string };
type Said =
  | string
  | { readonly pid?: number; readonly port?: number; readonly failure?: string; readonly ended?: unknown };

const source = transpiledSource();
const paths: SocketPaths = socketPaths();
let children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => gone(child)));
  children = [];
});

afterAll(() => {
  source.remove();
  paths.remove();
});

function start(name: string, ...args: string[]): ChildProcess {
  const child = fork(program(name), args);
  children.push(child);
  return child;
}

/** Asks on a connection of its own; the process id in the answer. */
async function ask(place: Place, text: string): Promise<number> {
  const { reader, writer } = await openConnection(place);
  writer.write(`${text}\n`);
  writer.writeEof();
  const [, pid, echoed] = /^(\d+) (.*)\n$/.exec(`${await reader.readAll()}`) ?? [];
  expect(echoed).toBe(text);
  writer.close();
  return Number(pid);
}

/** A client that stays between two requests. */
async function idle(place: Place): Promise<Connection> {
  const client = await openConnection({ ...place, halfOpen: false });
  client.writer.write('first\n');
  expect(`${await client.reader.readLine()}`).toMatch(/^\d+ first\n$/);
  return client;
}

describe('workers of a cluster that are restarted one after the other', () => {
  it.each<[string, Place]>([
    ['a port', { host, port: 0 }],
    ['a path', { path: paths.path('a.sock') }],
  ])('answer every request on %s, and end idle connections in good order', async (_, place) => {
    const primary = start('restartsWorkers.js', `${WORKERS}`, source.index, JSON.stringify(place));
    const said: Said[] = [];
    primary.on('message', (heard: Said) => said.push(heard));
    const heard = async (what: string) => {
      while (!said.includes(what)) await messageFrom(primary);
      return said.splice(0).filter((one) => typeof one !== 'string');
    };

    const first = await heard('serves');
    const port = first.find((one) => one.port !== undefined)?.port ?? 0;
    const at = 'path' in place ? place : { ...place, port };
    const before = new Set(first.map(({ pid }) => pid));
    const clients = await Promise.all(Array.from({ length: 2 * WORKERS }, () => idle(at)));

    for (let round = 0; round < runs(1, 3); round++) {
      let over = false;
      const restarted = heard('restarted').finally(() => {
        over = true;
      });
      primary.send('restart');
      const answered = new Set<number>();
      const askOn = async (name: string) => {
        for (let i = 0; !over; i++) answered.add(await ask(at, `${name} ${i}`));
      };
      // At once: some are on their way to a worker when it stops.
      await Promise.all(Array.from({ length: 8 }, (_, i) => askOn(`${i}`)));
      const news = await restarted;
      expect(news.filter(({ failure }) => failure !== undefined)).toEqual([]);
      expect(news.flatMap(({ ended }) => (ended === undefined ? [] : [ended]))).toEqual(Array(WORKERS).fill(0));
      const after = news.flatMap(({ pid }) => pid ?? []);
      expect(after).toHaveLength(WORKERS);
      expect([...answered].some((pid) => after.includes(pid))).toBe(true);
      expect(after.some((pid) => before.has(pid))).toBe(false);
    }

    for (const client of clients) {
      expect(await client.reader.read()).toHaveLength(0);
      expect(await client.closed).toMatchObject({ by: 'peer' });
    }
    primary.disconnect();
    await gone(primary);
  });
});

describe('processes with reusePort', () => {
  const options = (port: number) => JSON.stringify({ host, port, reusePort: true });

  if (!hasReusePort()) {
    it('say at the call that this Node.js lacks it', async () => {
      const said = await messageFrom<{ failure: string }>(start('servesUntilTerm.js', source.index, options(0)));
      expect(said.failure).toMatch(
        /^TypeError: Cannot listen with reusePort: it needs Node.js 22.12 or 23.1, and this is /,
      );
    });
    return;
  }

  it('share a port, and the rest serves on when one ends', async () => {
    const one = start('servesUntilTerm.js', source.index, options(0));
    const { port = 0, pid: first } = await messageFrom<{ port?: number; pid: number }>(one);
    const two = start('servesUntilTerm.js', source.index, options(port));
    const { pid: second } = await messageFrom<{ pid: number }>(two);
    const at = { host, port };

    const answered = new Set<number>();
    // The kernel chooses by a hash of the addresses: some hundred connections in a row to one of two are out of the question.
    for (let i = 0; answered.size < 2 && i < 500; i++) answered.add(await ask(at, `${i}`));
    expect(answered).toEqual(new Set([first, second]));

    one.kill('SIGTERM');
    await gone(one);
    expect(one.exitCode).toBe(0);
    for (let i = 0; i < 20; i++) expect(await ask(at, `${i}`)).toBe(second);
    two.kill('SIGTERM');
    await gone(two);
    expect(two.exitCode).toBe(0);
  });
});
