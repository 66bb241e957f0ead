// Proves that every kind of connection passes the checks, and that each of several broken ones fails the checks for its
// fault.
import { type Connection, type ConnectionOptions, connectionPair } from 'rxjs-tcp';
import { type ConnectionEnds, checkConnection, connectionChecks, faults } from 'rxjs-tcp/testing';
import { type Breakage, broken, override } from '../../support/brokenPair';
import { failureOf } from '../../support/failureOf';
import { transports } from '../../support/transports';

jest.setTimeout(60_000);

describe('connectionChecks', () => {
  it('have distinct names', () => {
    expect(connectionChecks.length).toBeGreaterThan(20);
    expect(new Set(connectionChecks.map(({ name }) => name)).size).toBe(connectionChecks.length);
  });

  describe.each(transports)('over $name', ({ name: transport, open }) => {
    const dialed = (role: 'client' | 'server') => async (options: ConnectionOptions) => {
      const { near, far, release } = await open(role, options);
      return [near, far, release] as const;
    };
    for (const { name, run } of connectionChecks) {
      it(name, async () => {
        await run(dialed('client'), { resets: transport !== 'Unix' });
        await run(dialed('server'), { resets: transport !== 'Unix' });
      });
    }
  });

  describe('over two ends with the usual faults between them', () => {
    // These faults take time: as little as possible, so that the checks are over soon.
    const usual = { stall: 0, jitter: 1, linger: 1, piece: 20_000 };
    for (const { name, run } of connectionChecks) {
      it(name, () =>
        run((options) => {
          const { client, server, closed } = faults(1, usual).pair(options);
          return [client, server, () => closed];
        }),
      );
    }
  });

  describe('over another Duplex', () => {
    for (const { name, run } of connectionChecks) it(name, () => run(broken({}), { resets: false }));
  });
});

describe('checkConnection', () => {
  it('reports nothing for two ends in memory, nor for a link without faults', async () => {
    await checkConnection(connectionPair);
    await checkConnection((options) => {
      const { client, server } = faults(1, { split: 0, coalesce: 0, jitter: 0, stall: 0 }).pair(options);
      return [client, server];
    });
  });

  it('names every failed check, and the reason', async () => {
    const error = await failed({ write: (chunk) => chunk.subarray(0, -1) });
    expect(error.message).toMatch(/^Cannot accept the connection: \d+ of \d+ checks failed\n {2}/);
    expect(error.message).toContain(
      'bytes arrive whole and in order, both ways at once, in any chunks: it takes more than 100 ms until all has arrived',
    );
    expect(error.errors.length).toBe(error.message.match(/^ {2}\S/gm)?.length);
  });

  it.each<[string, Breakage, RegExp]>([
    [
      'loses a byte',
      { write: (chunk) => (chunk.length > 1000 ? chunk.subarray(1) : chunk) },
      /bytes arrive whole and in order.*: it takes more than/,
    ],
    [
      'changes a byte',
      {
        patience: 2000,
        write: (chunk) =>
          chunk.length > 1000 ? Buffer.concat([chunk.subarray(0, 999), Buffer.from([1]), chunk.subarray(1000)]) : chunk,
      },
      /bytes arrive whole and in order.*: what (far|near) reads: there are 200000 bytes, and there should be 200000, which differ from byte 999 on\n {4}expected +… hex`.*\n.*\n {4}seen +… hex`.*\n.*\n +\^\^ byte 999/,
    ],
    [
      'ends both directions at the first FIN',
      { end: (_, far) => far.push(null) || far.end() },
      /the peer's FIN: the rest, then the end of the stream, and writing goes on: /,
    ],
    [
      'never ends',
      { end: () => {} },
      /our FIN: all that was written before it.*: it takes more than 100 ms until all has arrived/,
    ],
    [
      'takes everything at once, whatever the peer reads',
      { pressure: false },
      /pressure is honest: .*(whether drain\(\) has resolved|it takes more than)/,
    ],
    [
      'never closes',
      { wrap: (connection) => override(connection, { closed: new Promise(() => {}) }) },
      /destroy\(\) drops what is queued.*: it takes more than 100 ms until closed resolves/,
    ],
    [
      'does not end the peer when it is destroyed',
      { destroy: false },
      /destroy\(\) drops what is queued.*: it takes more than 100 ms until the peer sees an end/,
    ],
    [
      'leaves a read pending at the end',
      { wrap: (connection) => override(connection, { destroy: () => {} }) },
      /destroy\(\) drops what is queued.*: it takes more than 100 ms until everyone is told/,
    ],
    [
      'sends the queue nevertheless',
      {
        wrap: (connection) =>
          override(connection, {
            close: (options) => {
              connection.writer.error(new Error('dropped'));
              return connection.close(options);
            },
          }),
      },
      /close\(\) sends everything first/,
    ],
    [
      'counts wrongly',
      { patience: 2000, wrap: (connection) => override(connection, { bytesWritten: 5 }) },
      /what waits and what was written: there is .*, and there should be 8388609/,
    ],
    [
      'rejects where it should resolve',
      {
        patience: 2000,
        wrap: (connection) => {
          const closed = connection.closed.then(({ by }) => {
            throw new Error(by);
          });
          closed.catch(() => {});
          return override(connection, { closed });
        },
      },
      /to end again does nothing, and does not change how it ended: local/,
    ],
    [
      'ignores its limit',
      { patience: 2000, options: (options) => ({ ...options, limit: undefined }) },
      /a line above the limit is refused.*: a long line does not fail, and gives 'xxx/,
    ],
    [
      'ignores its timeouts',
      { options: (options) => ({ ...options, idleTimeout: 0 }) },
      /silence is ended after idleTimeout: it takes more than 100 ms until the end that hears nothing is closed/,
    ],
  ])('fails a connection that %s', async (_, breakage, message) => {
    expect((await failed(breakage)).message).toMatch(message);
  });

  it('fails a connection that reports a FIN as a reset', async () => {
    // It passes all other checks, as shown above, and they do not look at resets.
    const skip = connectionChecks.map(({ name }) => name).filter((name) => !name.startsWith('a reset'));
    const error = (await failureOf(checkConnection(broken({}), { skip, timeout: 100 }))) as AggregateError;
    expect(error.message).toMatch(/1 of 1 checks failed\n {2}a reset: what arrived, then the system error/);
  });

  it('fails a connection that leaves its timeout to its peer', async () => {
    const skip = connectionChecks.map(({ name }) => name).filter((name) => !name.startsWith('silence'));
    const lazy = async ({ idleTimeout: _, ...options }: ConnectionOptions): Promise<ConnectionEnds> => {
      const { client, server } = faults(1, { split: 0, coalesce: 0, jitter: 0, stall: 0 }).pair(options);
      const far = faults(2).around(server, { idleTimeout: 20 }).connection;
      return [client, far];
    };
    const error = await failureOf(checkConnection(lazy, { skip, timeout: 1000 }));
    expect(error).toMatchObject({ message: expect.stringMatching(/1 of 1 checks failed/) });
  });

  it('goes by a clock of its own when timers are mocked', async () => {
    jest.useFakeTimers();
    try {
      await checkConnection(connectionPair);
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves out skipped checks, and throws for an unknown name', async () => {
    const skip = connectionChecks.map(({ name }) => name).slice(1);
    const asked: ConnectionOptions[] = [];
    await checkConnection(
      (options) => {
        asked.push(options);
        return connectionPair(options);
      },
      { skip },
    );
    expect(asked).toHaveLength(1);
    expect(() => checkConnection(connectionPair, { skip: ['no such check'] })).toThrow(
      new RangeError('Cannot skip "no such check": no check has that name'),
    );
  });

  it('throws at the call for invalid options', () => {
    expect(() => checkConnection(undefined as never)).toThrow(
      new TypeError('Cannot use a value of type undefined as a factory: it must be a function'),
    );
    expect(() => checkConnection(connectionPair, { timeout: -1 })).toThrow(RangeError);
    expect(() => checkConnection(connectionPair, { timeout: '5' as never })).toThrow(TypeError);
  });

  it('releases the connections of a factory, also after a failed check', async () => {
    let released = 0;
    const ends: Connection[] = [];
    const factory = (options: ConnectionOptions): ConnectionEnds => {
      const pair = connectionPair(options);
      ends.push(...pair);
      pair[0].destroy();
      return [...pair, () => released++];
    };
    await failureOf(checkConnection(factory, { timeout: 50 }));
    expect(released).toBe(connectionChecks.length);
    await Promise.all(ends.map(({ closed }) => closed));
  });
});

async function failed(breakage: Breakage): Promise<AggregateError> {
  return (await failureOf(
    checkConnection(broken(breakage), { resets: false, timeout: breakage.patience ?? 100 }),
  )) as AggregateError;
}
