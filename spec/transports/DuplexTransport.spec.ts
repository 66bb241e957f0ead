// Proves what a socket's transport tells of a write at once, and later. How streams end is proved in spec/scenarios.
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { DuplexTransport } from '../../src/transports/DuplexTransport';
import { until } from '../support/until';

/** A pair of sockets, the far one not read. */
async function pair(): Promise<{ near: Socket; far: Socket; release(): Promise<void> }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = dial(port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  return {
    near,
    far,
    release: async () => {
      for (const socket of [near, far]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('DuplexTransport.offer', () => {
  it.each([
    ['a short chunk', 10],
    ['a large chunk', 100_000],
  ])('answers true if the kernel has taken %s, and calls nothing back', async (_, size) => {
    const { near, far, release } = await pair();
    const transport = new DuplexTransport(near);
    const done = jest.fn();
    expect(transport.offer?.([Buffer.alloc(size)], done)).toBe(true);
    expect(near.writableLength).toBe(0);
    let read = 0;
    far.on('data', (chunk) => (read += chunk.length));
    far.resume();
    await until('all has arrived', () => read === size);
    expect(done).not.toHaveBeenCalled();
    await release();
  });

  it.each([
    ['a short chunk', 10],
    ['a large chunk', 100_000],
  ])('answers false if the kernel is full, and calls back once it has taken %s', async (_, size) => {
    const { near, far, release } = await pair();
    const transport = new DuplexTransport(near);
    let filled = 0;
    const full = jest.fn();
    while (transport.offer?.([Buffer.alloc(1 << 20)], full)) filled += 1 << 20;
    filled += 1 << 20;
    const done = jest.fn();
    expect(transport.offer?.([Buffer.alloc(size)], done)).toBe(false);
    let read = 0;
    far.on('data', (chunk) => (read += chunk.length));
    far.resume();
    await until('all has arrived', () => read === filled + size && done.mock.calls.length > 0);
    expect([full.mock.calls.length, done.mock.calls.length]).toEqual([1, 1]);
    await release();
  });

  it('answers false on a socket that is destroyed, and its end is told', async () => {
    const { near, release } = await pair();
    const transport = new DuplexTransport(near);
    const closed = jest.fn();
    transport.open({ onData: () => {}, onEnd: () => {}, onClosed: closed });
    near.destroy();
    const done = jest.fn();
    expect(transport.offer?.([Buffer.from('x')], done)).toBe(false);
    await until('the end is told', () => closed.mock.calls.length > 0);
    expect(done).not.toHaveBeenCalled();
    await release();
  });

  it('is absent on other streams, which may call back from inside a write', () => {
    expect(new DuplexTransport(new PassThrough()).offer).toBeUndefined();
  });
});
