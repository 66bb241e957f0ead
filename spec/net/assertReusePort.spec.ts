import { listen, startServer } from '../../src';
import { assertReusePort } from '../../src/net/assertReusePort';
import { hasReusePort } from '../../src/net/hasReusePort';
import { portOf } from '../support/portOf';
import { thrownBy } from '../support/thrownBy';

const message = (options: object, version?: string) => {
  const error = thrownBy(() => assertReusePort(options, version));
  expect(error).toBeInstanceOf(TypeError);
  return (error as Error).message;
};

describe('assertReusePort', () => {
  it.each(['20.19.0', '21.7.3', '22.0.0', '22.11.0', '23.0.0'])(
    'throws on Node.js %s, with both versions',
    (version) => {
      expect(message({ reusePort: true }, version)).toBe(
        `Cannot listen with reusePort: it needs Node.js 22.12 or 23.1, and this is ${version}`,
      );
    },
  );

  it.each(['22.12.0', '22.20.0', '23.1.0', '24.0.0', '26.3.1'])('lets it pass on Node.js %s', (version) => {
    expect(() => assertReusePort({ reusePort: true }, version)).not.toThrow();
  });

  it('lets false and undefined pass everywhere', () => {
    for (const reusePort of [false, undefined]) {
      expect(() => assertReusePort({ reusePort, path: '/tmp/a' }, '20.0.0')).not.toThrow();
    }
  });

  it('throws for a path, which Node.js would not share, and for another type', () => {
    expect(message({ reusePort: true, path: '/tmp/a' }, '24.0.0')).toBe(
      'Cannot listen on a path with reusePort: it shares ports alone; node:cluster shares a path',
    );
    expect(message({ reusePort: 1 }, '24.0.0')).toBe('Cannot use 1 as reusePort: it must be true or false');
  });
});

const options = { host: '127.0.0.1', reusePort: true };

describe('reusePort on this Node.js', () => {
  if (!hasReusePort()) {
    it('is an error at the call: Node.js would ignore it', () => {
      const error = `it needs Node.js 22.12 or 23.1, and this is ${process.versions.node}`;
      expect(() => listen({ ...options, port: 0 })).toThrow(error);
      expect(() => startServer(() => {}, { ...options, port: 0 })).toThrow(error);
    });
    return;
  }

  it('lets several servers have one port', async () => {
    const first = await startServer(() => {}, { ...options, port: 0 });
    const second = await startServer(() => {}, { ...options, port: portOf(first) });
    expect(portOf(second)).toBe(portOf(first));
    await expect(startServer(() => {}, { host: options.host, port: portOf(first) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await Promise.all([first.close(), second.close()]);
  });
});
