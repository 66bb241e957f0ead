// Proves which Unix paths are valid, that a path is resolved at the call, and that closing always resolves and removes
// only its own file.
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { firstValueFrom, type Observable, switchMap, take } from 'rxjs';
import { connect, listen, openConnection, type Server, startServer } from '../../src';
import { failureOf } from '../support/failureOf';
import { pretendPlatform } from '../support/pretendPlatform';
import { type SocketPaths, socketPaths } from '../support/socketPaths';

const hello = async ({ writer }: { writer: { write(chunk: string): boolean } }) => void writer.write('hello');

/** Each way to use a path, as a call that may throw. */
const CALLS: [string, (path: unknown) => unknown][] = [
  ['startServer', (path) => startServer(() => {}, { path } as never)],
  ['listen', (path) => listen({ path } as never)],
  ['openConnection', (path) => openConnection({ path } as never)],
  ['connect', (path) => connect({ path } as never)],
];

describe('a Unix path', () => {
  const { platform } = process;
  const cwd = process.cwd();
  let paths: SocketPaths;
  let restore: () => void;
  let server: Server | undefined;

  beforeEach(() => {
    paths = socketPaths();
    restore = () => {};
    server = undefined;
  });

  afterEach(async () => {
    restore();
    process.chdir(cwd);
    await server?.close({ timeout: 10 });
    paths.remove();
  });

  const folder = () => dirname(paths.path('x'));
  const ofLength = (length: number, letter = 'y') => join(folder(), letter.repeat(length - folder().length - 1));

  async function prove(path: string): Promise<void> {
    const { reader, writer } = await openConnection({ path });
    expect(`${await reader.readAll()}`).toBe('hello');
    writer.close();
  }

  describe.each(CALLS)('for %s', (_, call) => {
    it.each<[string, unknown, string]>([
      ['is empty', '', "Cannot use '' as path: it is empty"],
      ['has a NUL inside', '/a\0b', 'Cannot use "/a\\u0000b" as path: it has a NUL at index 2'],
      ['is not a string', 42, 'Cannot use 42 as path: it must be a string'],
      ['is null', null, 'Cannot use null as path: it must be a string'],
    ])('is a TypeError at the call when it %s', (_, path, message) => {
      expect(() => call(path)).toThrow(new TypeError(message));
    });

    it.each<[NodeJS.Platform, number]>([
      ['linux', 107],
      ['darwin', 103],
    ])('is a TypeError at the call when it is too long for %s, with the numbers', (name, limit) => {
      restore = pretendPlatform(name);
      // Bytes count, not characters.
      for (const path of [`/${'y'.repeat(limit)}`, `/${'ÿ'.repeat((limit - 1) / 2)}y`]) {
        const said = `as path: it has ${limit + 1} bytes, the system takes ${limit} at most`;
        expect(() => call(path)).toThrow(TypeError);
        expect(() => call(path)).toThrow(said);
      }
    });

    it('is a TypeError at the call when it begins with a NUL on systems other than Linux', () => {
      restore = pretendPlatform('darwin');
      expect(() => call('\0name')).toThrow('as path: names that begin with a NUL exist on Linux only');
    });
  });

  it('can be as long as the system allows, and no byte of it is cut off', async () => {
    const longest = ofLength(platform === 'linux' ? 107 : 103);
    server = await startServer(hello, { path: longest });
    expect(readdirSync(folder())).toEqual([longest.slice(folder().length + 1)]);
    await prove(longest);
  });

  it('can be an abstract name on Linux, of 107 bytes and with more NULs', async () => {
    if (platform !== 'linux') return;
    for (const path of [`\0${`rxjs-tcp-${process.pid}`.padEnd(107, 'z')}`, `\0rxjs\0tcp\0${process.pid}`]) {
      const serving = await startServer(hello, { path });
      expect(serving.address()).toBe(path);
      await prove(path);
      await serving.close();
    }
  });

  it.each<[string, (path: string) => void, string[]]>([
    ['a folder that is a file', (path) => writeFileSync(dirname(path), ''), ['ENOTDIR', 'ENOTDIR']],
    ['a folder that is a link to itself', (path) => symlinkSync('folder', dirname(path)), ['ELOOP', 'ELOOP']],
    ['a folder that does not exist', () => {}, ['EACCES', 'ENOENT']],
    [
      'a link to itself',
      (path) => {
        mkdirSync(dirname(path));
        symlinkSync('a.sock', path);
      },
      ['EADDRINUSE', 'ELOOP'],
    ],
  ])('in %s rejects, and leaves nothing', async (_, make, codes) => {
    const path = paths.path('folder/a.sock');
    make(path);
    const before = readdirSync(folder(), { recursive: true });
    const errors = [
      await failureOf(startServer(() => {}, { path })),
      await failureOf(firstValueFrom(listen({ path }))),
      await failureOf(openConnection({ path })),
      await failureOf(firstValueFrom(connect({ path }))),
    ];
    const [ours, theirs] = codes;
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([ours, ours, theirs, theirs]);
    expect(readdirSync(folder(), { recursive: true })).toEqual(before);
  });

  describe('that is relative', () => {
    let one: string;
    let other: string;

    beforeEach(() => {
      [one, other] = [join(realpathSync(folder()), 'one'), join(realpathSync(folder()), 'other')];
      mkdirSync(one);
      mkdirSync(other);
      process.chdir(one);
    });

    it('is resolved at the call, on both sides', async () => {
      const starting = startServer(hello, { path: 'a.sock' });
      const greeting: Observable<Buffer> = connect({ path: 'a.sock' }).pipe(
        switchMap(({ reader }) => reader),
        take(1),
      );
      const listening = listen({ path: 'b.sock' });
      process.chdir(other);
      server = await starting;
      expect(server.address()).toBe(join(one, 'a.sock'));
      expect(`${await firstValueFrom(greeting)}`).toBe('hello');
      const second = await firstValueFrom(listening);
      expect(second.address()).toBe(join(one, 'b.sock'));
      await second.waitClosed();
      expect(readdirSync(one)).toEqual(['a.sock']);
    });

    it('removes its own file after a chdir, and no other file of that name', async () => {
      writeFileSync(join(other, 'a.sock'), 'precious');
      const serving = await startServer(hello, { path: 'a.sock' });
      process.chdir(other);
      await serving.close();
      expect(readdirSync(one)).toEqual([]);
      expect(readFileSync('a.sock', 'utf8')).toBe('precious');
    });

    it('works in a folder that is too deep for the system when its own name is short', async () => {
      const deep = join(one, 'd'.repeat(120));
      mkdirSync(deep);
      process.chdir(deep);
      const serving = await startServer(hello, { path: 'a.sock' });
      expect(serving.address()).toBe(join(deep, 'a.sock'));
      await prove('a.sock');
      process.chdir(other);
      writeFileSync('a.sock', 'precious');
      expect(() => openConnection({ path: join(deep, 'a.sock') })).toThrow(TypeError);
      await serving.close();
      expect(readdirSync(deep)).toEqual([]);
      expect(readdirSync(other)).toEqual(['a.sock']);
    });
  });

  describe('whose folder became a file', () => {
    it('lets the server close', async () => {
      mkdirSync(paths.path('folder'));
      const serving = await startServer(hello, { path: paths.path('folder/a.sock') });
      rmSync(paths.path('folder'), { recursive: true });
      writeFileSync(paths.path('folder'), 'theirs');
      await serving.close();
      expect(serving.isServing()).toBe(false);
      expect(readFileSync(paths.path('folder'), 'utf8')).toBe('theirs');
    });
  });

  it('leaves nothing when the options are invalid for a server', async () => {
    const path = paths.path('a.sock');
    await failureOf(startServer(() => {}, { path, tls: { key: 'none', cert: 'none' } }));
    expect(readdirSync(folder())).toEqual([]);
    // The lock is free again.
    server = await startServer(hello, { path });
    await prove(path);
  });
});
