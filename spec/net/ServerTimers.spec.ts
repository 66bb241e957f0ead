// Proves that `unref` of a server covers its sockets and all of its timers, and that `ref` undoes it.
import { openConnection, type Server, startServer } from '../../src';
import { ServerTimers } from '../../src/net/ServerTimers';

/** How many active timers keep the process alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const listeners = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;

describe('ServerTimers', () => {
  it('unreferences the timers that run and those that come, and references them again', () => {
    const before = timers();
    const all = new ServerTimers();
    const first = all.schedule(() => {}, 10_000);
    expect(timers() - before).toBe(1);
    all.reference(false);
    const second = all.schedule(() => {}, 10_000);
    expect(timers() - before).toBe(0);
    all.reference(true);
    expect(timers() - before).toBe(2);
    first.unsubscribe();
    second.unsubscribe();
    expect(timers() - before).toBe(0);
  });

  it('runs a task', async () => {
    await new Promise<void>((resolve) => new ServerTimers().schedule(resolve, 1));
  });
});

describe('Server', () => {
  let server: Server;

  afterEach(() => server.close());

  it('keeps the process alive until unref(), and again after ref()', async () => {
    server = await startServer(() => {}, { host: '127.0.0.1', port: 0 });
    const before = listeners();
    expect(server.unref()).toBe(server);
    expect(listeners() - before).toBe(-1);
    expect(server.ref()).toBe(server);
    expect(listeners() - before).toBe(0);
  });

  it('does not keep the process alive by the time that close() gives', async () => {
    let finish!: () => void;
    server = await startServer(() => new Promise<void>((resolve) => (finish = resolve)), {
      host: '127.0.0.1',
      port: 0,
    });
    const client = await openConnection({ host: '127.0.0.1', port: server.port });
    client.writer.write('x');
    while (server.connectionCount === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = timers();
    server.unref();
    const closing = server.close({ timeout: 60_000 });
    expect(timers() - before).toBe(0);
    server.ref();
    expect(timers() - before).toBe(1);
    finish();
    client.destroy();
    await closing;
  });
});
