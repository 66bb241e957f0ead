// Proves which addresses are tried, and when: in virtual time, on sockets that behave as their address says.
import { ADDRCONFIG, type LookupOptions } from 'node:dns';
import { EventEmitter } from 'node:events';
import net from 'node:net';
import { TestScheduler } from 'rxjs/testing';
import { raceAddresses } from '../../src/net/raceAddresses';

const PORT = 80;
const HOST = 'name.example';

class FakeSocket extends EventEmitter {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
  }
}

type Answer = (...answer: unknown[]) => void;
type Fate = { readonly at: number; readonly code?: string; readonly closes?: boolean };

interface Race {
  /** Each attempt with its address and its time. */
  readonly started: (readonly [string, number])[];
  readonly sockets: Map<string, FakeSocket>;
  /** The options that `net.connect` received. */
  readonly given: net.TcpNetConnectOpts[];
  readonly asked: LookupOptions[];
  outcome?: { readonly at: number; readonly winner?: string; readonly error?: unknown };
}

/**
 * @param fates - The outcome for each address, in the order of the look-up; an address without a fate is silent.
 * @param cancelAt - When the race is cancelled.
 */
function race(fates: Record<string, Fate | undefined>, options: object = {}, cancelAt?: number): Race {
  const result: Race = { started: [], sockets: new Map(), given: [], asked: [] };
  const scheduler = new TestScheduler(() => {});
  scheduler.run(() => {
    jest.spyOn(net, 'connect').mockImplementation(((given: net.TcpNetConnectOpts) => {
      const socket = new FakeSocket();
      const address = given.host as string;
      result.started.push([address, scheduler.now()]);
      result.sockets.set(address, socket);
      result.given.push(given);
      const fate = fates[address];
      if (fate !== undefined) {
        scheduler.schedule(() => {
          if (socket.destroyed) return;
          if (fate.code === undefined && !fate.closes) {
            socket.emit('connect');
            return;
          }
          // Like a socket of Node's: it destroys itself, with an error or without.
          socket.destroy();
          const error = Object.assign(new Error(`connect ${fate.code} ${address}:80`), { code: fate.code });
          if (!fate.closes) socket.emit('error', error);
          socket.emit('close');
        }, fate.at);
      }
      return socket;
    }) as unknown as typeof net.connect);
    const lookup = (_host: string, asked: LookupOptions, answer: Answer) => {
      result.asked.push(asked);
      answer(
        null,
        Object.keys(fates).map((address) => ({ address, family: net.isIP(address) })),
      );
    };
    const cancel = raceAddresses({ host: HOST, port: PORT, lookup, ...options } as net.TcpNetConnectOpts, {
      connected: (socket) => {
        const winner = [...result.sockets].find(([, known]) => known === (socket as unknown))?.[0];
        result.outcome = { at: scheduler.now(), winner: winner as string };
      },
      failed: (error) => (result.outcome = { at: scheduler.now(), error }),
    });
    if (cancelAt !== undefined) scheduler.schedule(cancel, cancelAt);
  });
  return result;
}

const survivors = ({ sockets }: Race) => [...sockets].filter(([, { destroyed }]) => !destroyed).map(([name]) => name);

describe('raceAddresses', () => {
  const nodes = net.getDefaultAutoSelectFamilyAttemptTimeout();
  // From Node 26 on it is 500.
  beforeAll(() => net.setDefaultAutoSelectFamilyAttemptTimeout(250));
  afterAll(() => net.setDefaultAutoSelectFamilyAttemptTimeout(nodes));
  afterEach(() => jest.restoreAllMocks());

  it('connects to the only address without a timer', () => {
    const only = race({ '10.0.0.1': { at: 4000 } });
    expect(only.outcome).toEqual({ at: 4000, winner: '10.0.0.1' });
    expect(only.started).toEqual([['10.0.0.1', 0]]);
  });

  it('passes on the error of the only address untouched', () => {
    const { outcome } = race({ '10.0.0.1': { at: 3, code: 'ECONNREFUSED' } });
    expect(outcome).toEqual({ at: 3, error: expect.objectContaining({ message: 'connect ECONNREFUSED 10.0.0.1:80' }) });
    expect(outcome?.error).not.toBeInstanceOf(AggregateError);
  });

  it('tries the next address after 250 ms, and destroys the losers', () => {
    const dead = race({ '10.0.0.1': undefined, '10.0.0.2': { at: 20 } });
    expect(dead.started).toEqual([
      ['10.0.0.1', 0],
      ['10.0.0.2', 250],
    ]);
    expect(dead.outcome).toEqual({ at: 270, winner: '10.0.0.2' });
    expect(survivors(dead)).toEqual(['10.0.0.2']);
  });

  it('keeps every attempt: a slow first address wins when the others fail or are slower', () => {
    const slow = race({
      '10.0.0.1': { at: 2900 },
      '10.0.0.2': { at: 10, code: 'ECONNREFUSED' },
      '10.0.0.3': undefined,
    });
    expect(slow.started).toEqual([
      ['10.0.0.1', 0],
      ['10.0.0.2', 250],
      ['10.0.0.3', 260],
    ]);
    expect(slow.outcome).toEqual({ at: 2900, winner: '10.0.0.1' });
    expect(survivors(slow)).toEqual(['10.0.0.1']);
  });

  it('tries the next address at once when one fails, and the one after it 250 ms later', () => {
    const { started } = race({
      '10.0.0.1': { at: 30, code: 'EHOSTUNREACH' },
      '10.0.0.2': undefined,
      '10.0.0.3': undefined,
    });
    expect(started.map(([, at]) => at)).toEqual([0, 30, 280]);
  });

  it('alternates between the families, starting with the first, in the order of the look-up', () => {
    const { started } = race({
      '::1': undefined,
      '::2': undefined,
      '::3': undefined,
      '10.0.0.1': undefined,
      '10.0.0.2': undefined,
    });
    expect(started.map(([address]) => address)).toEqual(['::1', '10.0.0.1', '::2', '10.0.0.2', '::3']);
    const other = race({ '10.0.0.1': undefined, '10.0.0.2': undefined, '::1': undefined });
    expect(other.started.map(([address]) => address)).toEqual(['10.0.0.1', '::1', '10.0.0.2']);
  });

  it('fails once every address has failed, with each error and the code of the first', () => {
    const { outcome } = race({
      '::1': { at: 300, code: 'ETIMEDOUT' },
      '10.0.0.1': { at: 10, code: 'ECONNREFUSED' },
      '10.0.0.2': { at: 1, closes: true },
    });
    expect(outcome?.at).toBe(300);
    expect(outcome?.error).toBeInstanceOf(AggregateError);
    expect(outcome?.error).toMatchObject({
      code: 'ETIMEDOUT',
      message:
        'Cannot connect to name.example:80: all 3 addresses failed: connect ETIMEDOUT ::1:80, ' +
        'connect ECONNREFUSED 10.0.0.1:80, Cannot connect: the socket was closed before it was ready',
      errors: [{ code: 'ETIMEDOUT' }, { code: 'ECONNREFUSED' }, { message: expect.stringContaining('closed') }],
    });
  });

  it('stops all attempts when it is cancelled, and leaves no socket', () => {
    const cancelled = race({ '10.0.0.1': { at: 600 }, '10.0.0.2': { at: 600 }, '10.0.0.3': undefined }, {}, 300);
    expect(cancelled.started).toHaveLength(2);
    expect(survivors(cancelled)).toEqual([]);
    expect(cancelled.outcome).toBeUndefined();
  });

  it('waits autoSelectFamilyAttemptTimeout milliseconds, at least 10', () => {
    const addresses = { '10.0.0.1': undefined, '10.0.0.2': undefined };
    expect(race(addresses, { autoSelectFamilyAttemptTimeout: 700 }).started[1]).toEqual(['10.0.0.2', 700]);
    expect(race(addresses, { autoSelectFamilyAttemptTimeout: 1 }).started[1]).toEqual(['10.0.0.2', 10]);
  });

  it('passes the options of net.connect to each attempt, without the look-up', () => {
    const options = { localAddress: '10.9.9.9', localPort: 4567, keepAlive: true, noDelay: true, allowHalfOpen: true };
    const { given, asked } = race({ '10.0.0.1': undefined, '10.0.0.2': undefined }, options);
    expect(given).toEqual([
      { ...options, host: '10.0.0.1', port: PORT },
      { ...options, host: '10.0.0.2', port: PORT },
    ]);
    // Only these can be reached from there.
    expect(asked).toEqual([{ all: true, family: 4, hints: 0 }]);
  });

  it('asks for the addresses of `family`, with `hints`', () => {
    const usual = process.platform === 'win32' ? 0 : ADDRCONFIG;
    expect(race({ '::1': undefined }).asked).toEqual([{ all: true, family: 0, hints: usual }]);
    expect(race({ '::1': undefined }, { family: 6 }).asked).toEqual([{ all: true, family: 6, hints: 0 }]);
    expect(race({ '::1': undefined }, { hints: 2048 }).asked).toEqual([{ all: true, family: 0, hints: 2048 }]);
  });

  it.each<[string, (answer: Answer) => void, object]>([
    [
      'fails',
      (answer) => answer(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
      { code: 'ENOTFOUND', message: 'no such name' },
    ],
    [
      'throws',
      () => {
        throw new RangeError('bad hints');
      },
      { message: 'bad hints' },
    ],
    [
      'knows no address',
      (answer) => answer(null, []),
      { code: 'ENOTFOUND', message: 'Cannot look up name.example: it has no address' },
    ],
    [
      'returns a name',
      (answer) => answer(null, 'other.example', 4),
      { code: 'ERR_INVALID_IP_ADDRESS', message: 'Cannot look up name.example: other.example is not an IP address' },
    ],
    ['returns nothing', (answer) => answer(null), { code: 'ERR_INVALID_IP_ADDRESS' }],
    ['returns an empty list', (answer) => answer(null, [null]), { code: 'ERR_INVALID_IP_ADDRESS' }],
  ])('fails when the look-up %s', (_, answerWith, expected) => {
    const lookup = (_host: string, _options: LookupOptions, answer: Answer) => answerWith(answer);
    const { outcome, started } = race({}, { lookup });
    expect(outcome?.error).toMatchObject(expected);
    expect(started).toEqual([]);
  });

  it('accepts a look-up with one address, and uses only its first answer', () => {
    const lookup = (_host: string, _options: LookupOptions, answer: Answer) => {
      answer(null, '10.0.0.1', 4);
      answer(null, '10.0.0.2', 4);
      answer(new Error('too late'));
    };
    const { outcome, started } = race({ '10.0.0.1': { at: 5 } }, { lookup });
    expect(started).toEqual([['10.0.0.1', 0]]);
    expect(outcome).toEqual({ at: 5, winner: '10.0.0.1' });
  });

  it('fails at once when net.connect refuses the options', () => {
    jest.spyOn(net, 'connect').mockImplementation(() => {
      throw new TypeError('bad localAddress');
    });
    const failed = jest.fn();
    const lookup = (_host: string, _options: LookupOptions, answer: Answer) =>
      answer(
        null,
        ['10.0.0.1', '10.0.0.2'].map((address) => ({ address })),
      );
    raceAddresses({ host: HOST, port: PORT, lookup } as never, { connected: jest.fn(), failed });
    expect(failed.mock.calls).toEqual([[new TypeError('bad localAddress')]]);
    expect(net.connect).toHaveBeenCalledTimes(1);
  });
});
