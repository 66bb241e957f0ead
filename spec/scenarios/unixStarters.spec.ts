// Proves that one of many starters serves on a Unix path, whatever existed there before, and that the workers of a
// cluster share one.
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { openConnection, startServer } from '../../src';
import { gone, messageFrom } from '../support/child';
import { pretendPlatform } from '../support/pretendPlatform';
import { type SocketPaths, socketPaths } from '../support/socketPaths';
import { transpiledSource } from '../support/transpiledSource';
import { until } from '../support/until';

const { platform: ours } = process;
const program = (name: string) => join(__dirname, '../support', name);

const source = transpiledSource();
const paths: SocketPaths = socketPaths();
const path = paths.path('a.sock');
const children: ChildProcess[] = [];

afterAll(async () => {
  await Promise.all(
    children.map(async (child) => {
      child.kill('SIGKILL');
      await gone(child);
    }),
  );
  source.remove();
  paths.remove();
});

const left = () => readdirSync(dirname(path));

/** Leaves the path as a killed server does: the file that `close` would remove has another name. */
async function leaveDeadSocket(): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.0`, resolve));
  renameSync(`${path}.0`, path);
  await new Promise((resolve) => server.close(resolve));
  expect(statSync(path).isSocket()).toBe(true);
}

async function prove(text: string): Promise<void> {
  const { reader, writer } = await openConnection({ path });
  writer.write(`${text}\n`);
  expect(`${await reader.readAll()}`).toBe(`${text}\n`);
  writer.close();
}

const failure = (error: { code: string }) => error.code;

// On other systems than Linux the lock is a file.
describe.each<[string, NodeJS.Platform]>([
  ['this system', ours],
  ['a system without abstract sockets', 'darwin'],
])('several servers that start on %s', (_, platform) => {
  const STARTERS = 3;
  const starters: ChildProcess[] = [];
  let restore: () => void;

  beforeAll(async () => {
    for (let i = 0; i < STARTERS; i++) starters.push(fork(program('startsOnPath.js'), [source.index, path]));
    children.push(...starters);
    await Promise.all(starters.map((starter) => messageFrom(starter)));
  }, 30_000);

  afterAll(async () => {
    for (const starter of starters) if (starter.connected) starter.disconnect();
    await Promise.all(starters.map((starter) => gone(starter)));
  });

  beforeEach(() => {
    restore = pretendPlatform(platform);
  });

  afterEach(() => restore());

  it('in several processes: one serves on the file of a dead server, in every round', async () => {
    for (let round = 0; round < 15; round++) {
      await leaveDeadSocket();
      const answers = starters.map((starter) => messageFrom(starter));
      for (const starter of starters) starter.send({ start: true, platform });
      const said = await Promise.all(answers);
      expect(said.toSorted()).toEqual(['EADDRINUSE', 'EADDRINUSE', 'serves']);
      await prove(`round ${round}`);
      expect(left()).toEqual(['a.sock']);
      const serving = starters[said.indexOf('serves')]!;
      serving.send({ platform });
      expect(await messageFrom(serving)).toBe('closed');
      expect(left()).toEqual([]);
    }
  }, 30_000);

  it.each<[string, () => void | Promise<void>]>([
    ['the file of a dead server', leaveDeadSocket],
    ['no file', () => {}],
  ])('in one process: one serves when there is %s', async (_, prepare) => {
    await prepare();
    const start = () => startServer(() => {}, { path });
    const all = await Promise.allSettled(Array.from({ length: 8 }, start));
    const servers = all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const errors = all.flatMap((result) => (result.status === 'rejected' ? [result.reason as { code: string }] : []));
    expect(servers).toHaveLength(1);
    expect(errors.map(failure)).toEqual(Array(7).fill('EADDRINUSE'));
    (await openConnection({ path })).destroy();
    await servers[0]!.close({ timeout: 10 });
    expect(left()).toEqual([]);
  });

  it('that are cancelled leave nothing, and free the path for another', async () => {
    await leaveDeadSocket();
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const starting = controllers.map(({ signal }) => startServer(() => {}, { path, signal }).catch(() => undefined));
    const last = startServer(() => {}, { path });
    for (const controller of controllers) controller.abort();
    expect(await Promise.all(starting)).toEqual([undefined, undefined, undefined, undefined]);
    const server = await last;
    (await openConnection({ path })).destroy();
    await server.close({ timeout: 10 });
    expect(left()).toEqual([]);
  });

  it('replace neither a live server nor a regular file', async () => {
    const regular = paths.path('regular');
    writeFileSync(regular, 'precious');
    const live = await startServer(() => {}, { path });
    const { ino } = statSync(path);
    const said = await Promise.all(
      [path, path, regular, regular].map((at) => startServer(() => {}, { path: at }).catch(failure)),
    );
    expect(said).toEqual(Array(4).fill('EADDRINUSE'));
    expect(statSync(path).ino).toBe(ino);
    await live.close({ timeout: 10 });
    expect(left()).toEqual(['regular']);
    rmSync(regular);
  });
});

describe('workers of a cluster', () => {
  const WORKERS = 3;

  it('all serve on one path, whatever existed there, and the last one that closes removes the file', async () => {
    const primary = fork(program('clusterOnPath.js'), [`${WORKERS}`, source.index, path]);
    children.push(primary);
    const said: unknown[] = [];
    primary.on('message', (heard) => said.push(heard));
    const heard = async (count: number): Promise<unknown[]> => {
      while (said.length < count) await messageFrom(primary);
      return said.splice(0).toSorted();
    };
    const all = (what: string) => Array.from({ length: WORKERS }, (_, index) => [index, what]);
    const order = (index: number, start: boolean) => primary.send([index, { start, platform: ours }]);

    expect(await heard(WORKERS)).toEqual(all('ready'));
    for (const prepare of [leaveDeadSocket, () => {}, leaveDeadSocket]) {
      await prepare();
      for (let index = 0; index < WORKERS; index++) order(index, true);
      expect(await heard(WORKERS)).toEqual(all('serves'));
      const { ino } = statSync(path);
      for (let index = 0; index < WORKERS; index++) {
        await Promise.all(Array.from({ length: 10 }, (_, i) => prove(`${index} ${i}`)));
        expect(statSync(path).ino).toBe(ino);
        expect(await startServer(() => {}, { path }).catch(failure)).toBe('EADDRINUSE');
        order(index, false);
        expect(await heard(1)).toEqual([[index, 'closed']]);
      }
      await until('the primary has removed the file', () => left().length === 0);
    }
    primary.disconnect();
    await gone(primary);
  }, 30_000);
});
