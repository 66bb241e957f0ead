// Proves that a server lives as long as its subscription, and what happens to the file of a Unix socket.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { firstValueFrom, mergeMap, type Subscription, switchMap } from 'rxjs';
import { listen, openConnection, type Server } from '../../src';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { type SocketPaths, socketPaths } from '../support/socketPaths';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

interface Bound {
  seen: string[];
  server: Server;
  error?: unknown;
  subscription: Subscription;
}

function bind(options: Parameters<typeof listen>[0]): Bound {
  const bound = { seen: [] as string[] } as Bound;
  bound.subscription = listen(options).subscribe({
    next: (server) => {
      bound.server = server;
      bound.seen.push('server');
    },
    error: (error) => {
      bound.error = error;
      bound.seen.push('error');
    },
    complete: () => bound.seen.push('|'),
  });
  return bound;
}

async function bound(options: Parameters<typeof listen>[0]): Promise<Bound> {
  const result = bind(options);
  await until('it is bound', () => result.seen.length > 0);
  return result;
}

describe('listen', () => {
  it('binds when it is subscribed, emits once, and stops when it is unsubscribed', async () => {
    const { seen, server, subscription } = await bound({ host, port: 0 });
    const client = await openConnection({ host, port: portOf(server) });
    client.destroy();
    await turns(5);
    expect(seen).toEqual(['server']);
    subscription.unsubscribe();
    expect(server.isServing()).toBe(false);
    await server.waitClosed();
    expect(await failureOf(openConnection({ host, port: portOf(server) }))).toMatchObject({ code: 'ECONNREFUSED' });
    expect(seen).toEqual(['server']);
  });

  it('completes when the server is closed', async () => {
    const { seen, server } = await bound({ host, port: 0 });
    await server.close();
    await turns(1);
    expect(seen).toEqual(['server', '|']);
  });

  it('binds anew for each subscription', async () => {
    const [one, other] = [await bound({ host, port: 0 }), await bound({ host, port: 0 })];
    expect(portOf(one.server)).not.toBe(portOf(other.server));
    one.subscription.unsubscribe();
    other.subscription.unsubscribe();
    await Promise.all([one.server.waitClosed(), other.server.waitClosed()]);
  });

  it('errors with the system error, untouched', async () => {
    const { server } = await bound({ host, port: 0 });
    const other = await bound({ host, port: portOf(server) });
    expect(other.seen).toEqual(['error']);
    expect(other.error).toMatchObject({ code: 'EADDRINUSE', address: host, port: portOf(server) });
    await server.close();
  });

  it('does not bind when it is unsubscribed early, and leaves no listener', async () => {
    const { server } = await bound({ host, port: 0 });
    const port = portOf(server);
    await server.close();
    const { seen, subscription } = bind({ host, port });
    subscription.unsubscribe();
    await turns(20);
    expect(seen).toEqual([]);
    expect(await failureOf(openConnection({ host, port }))).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not bind when its signal aborts early', async () => {
    const controller = new AbortController();
    const { server } = await bound({ host, port: 0 });
    const port = portOf(server);
    await server.close();
    const other = bind({ host, port, signal: controller.signal });
    controller.abort('enough');
    expect(other.error).toBe('enough');
    await turns(20);
    expect(other.seen).toEqual(['error']);
    expect(await failureOf(openConnection({ host, port }))).toMatchObject({ code: 'ECONNREFUSED' });
    expect(bind({ port: 0, signal: AbortSignal.abort('before') }).error).toBe('before');
  });

  it('composes with RxJS operators', async () => {
    let port = 0;
    const serving = listen({ host, port: 0 })
      .pipe(
        switchMap((server) => {
          port = portOf(server);
          return server.connections;
        }),
        mergeMap(async ({ reader, writer }) => {
          writer.write(await reader.readLine());
          writer.close();
        }),
      )
      .subscribe();
    await until('it is bound', () => port > 0);
    const { reader, writer } = await openConnection({ host, port });
    writer.write('echo\n');
    expect(`${await reader.readLine()}`).toBe('echo\n');
    writer.close();
    await writer.waitClosed();
    serving.unsubscribe();
  });

  it('throws for invalid options, at the call', () => {
    expect(() => listen({})).toThrow(TypeError);
    expect(() => listen({ port: 65_536 })).toThrow(RangeError);
  });

  describe('on a Unix path', () => {
    let paths: SocketPaths;
    let path: string;

    beforeEach(() => {
      paths = socketPaths();
      path = paths.path('a.sock');
    });

    afterEach(() => paths.remove());

    it('creates the file, and removes it', async () => {
      const { server } = await bound({ path });
      expect(statSync(path).isSocket()).toBe(true);
      await server.close();
      expect(existsSync(path)).toBe(false);
    });

    it('replaces the file of a dead server', async () => {
      const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', leave], { timeout: 10_000 });
      expect(statSync(path).isSocket()).toBe(true);
      const { server, seen } = await bound({ path });
      expect(seen).toEqual(['server']);
      (await openConnection({ path })).destroy();
      await server.close({ timeout: 10 });
      expect(existsSync(path)).toBe(false);
    });

    it('never replaces the file of a live server', async () => {
      const { server } = await bound({ path });
      const other = await bound({ path });
      expect(other.error).toMatchObject({ code: 'EADDRINUSE', address: path });
      (await openConnection({ path })).destroy();
      await server.close({ timeout: 10 });
    });

    it('never replaces a file that is not a socket', async () => {
      writeFileSync(path, 'precious');
      const { error } = await bound({ path });
      expect(error).toMatchObject({ code: 'EADDRINUSE' });
      expect(readFileSync(path, 'utf8')).toBe('precious');
    });

    it.each([
      ['a regular file', (at: string) => Promise.resolve(writeFileSync(at, 'precious'))],
      [
        'the socket of another server',
        async (at: string) => {
          const other = createServer();
          await new Promise<void>((resolve) => other.listen(at, resolve));
          return other;
        },
      ],
    ])('does not remove a replacement of its file: %s', async (_, replace) => {
      const { server } = await bound({ path });
      unlinkSync(path);
      const other = await replace(path);
      const { ino } = statSync(path);
      await server.close();
      expect(statSync(path).ino).toBe(ino);
      if (other) await new Promise((resolve) => other.close(resolve));
    });

    it('copes with the removal of its file', async () => {
      const { server } = await bound({ path });
      unlinkSync(path);
      await server.close();
      expect(existsSync(path)).toBe(false);
    });

    it('errors when the folder does not exist', async () => {
      const { error } = await bound({ path: paths.path('none/a.sock') });
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ENOENT|EACCES)$/) });
    });

    it('accepts an abstract name', async () => {
      if (process.platform !== 'linux') return;
      const name = `\0rxjs-tcp-${process.pid}`;
      const { server } = await bound({ path: name });
      (await openConnection({ path: name })).destroy();
      await server.close({ timeout: 10 });
    });
  });

  it('works with firstValueFrom, which stops the server at once', async () => {
    const server = await firstValueFrom(listen({ host, port: 0 }));
    expect(server.isServing()).toBe(false);
    await server.waitClosed();
  });
});
