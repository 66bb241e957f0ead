// Proves which options of the protection are refused at the call, and what the preset sets.
import { type ListenOptions, listen, startServer } from '../../src';
import { withProtectionOptions } from '../../src/net/ProtectionOptions';
import { publicProtection } from '../../src/net/publicProtection';
import { SERVER_TLS } from '../support/certificates';
import { thrownBy } from '../support/thrownBy';

describe('the options of the protection', () => {
  it.each<[object, string]>([
    [{ protection: 'private' }, "TypeError: Cannot use private as protection: it must be 'public'"],
    [{ overload: 'queue' }, "TypeError: Cannot use queue as overload: it must be 'wait' or 'refuse'"],
    [
      { maxConnectionsPerAddress: 0 },
      'RangeError: Cannot use 0 as maxConnectionsPerAddress: it must be a whole number of at least 1',
    ],
    [{ maxConnectionsPerAddress: '8' }, 'TypeError: Cannot use 8 as maxConnectionsPerAddress: it must be a number'],
    [{ acceptRate: 0.5 }, 'RangeError: Cannot use 0.5 as acceptRate: it must be a whole number of at least 1'],
    [{ acceptRate: Number.NaN }, 'RangeError: Cannot use NaN as acceptRate: it must be a whole number of at least 1'],
    [
      { maxHandshakes: -1, tls: SERVER_TLS },
      'RangeError: Cannot use -1 as maxHandshakes: it must be a whole number of at least 1',
    ],
    [
      { maxHandshakes: 10 },
      'TypeError: Cannot use maxHandshakes without tls: a handshake of startTls belongs to an accepted connection',
    ],
    [{ memoryLimit: 0 }, 'RangeError: Cannot use 0 as memoryLimit: it must be a whole number of bytes of at least 1'],
    [{ memoryLimit: '1 MB' }, 'TypeError: Cannot use 1 MB as memoryLimit: it must be a number of bytes'],
    [
      { minReadRate: -1 },
      'RangeError: Cannot use -1 as minReadRate: it must be a whole number of bytes from 0 to 9007199254740991',
    ],
  ])('are refused at the call: %j', (options, message) => {
    const where = { host: '127.0.0.1', port: 0, ...options } as ListenOptions;
    expect(`${thrownBy(() => listen(where))}`).toBe(message);
    expect(`${thrownBy(() => startServer(() => {}, where))}`).toBe(message);
  });

  it('may be Infinity, which is off', () => {
    const off = Number.POSITIVE_INFINITY;
    const limits = { maxConnections: off, maxConnectionsPerAddress: off, acceptRate: off, memoryLimit: off };
    expect(() => listen({ port: 0, protection: 'public', ...limits })).not.toThrow();
  });
});

describe("protection: 'public'", () => {
  it('sets every limit that is not named', () => {
    const { protection, port, ...limits } = withProtectionOptions({ protection: 'public', port: 0 });
    expect(limits).toEqual(publicProtection);
  });

  it('leaves the options that are named', () => {
    const options = withProtectionOptions({
      protection: 'public',
      port: 0,
      idleTimeout: 0,
      acceptRate: 5,
      overload: undefined,
    });
    expect(options).toMatchObject({ idleTimeout: 0, acceptRate: 5, overload: 'wait' });
  });

  it('sets nothing unless it is asked for', () => {
    const options = { port: 0 };
    expect(withProtectionOptions(options)).toBe(options);
  });
});
