// Proves which sockets may come in, wait, or are refused, with a clock and sockets of its own.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { asyncScheduler, Subscription } from 'rxjs';
import type { ListenOptions } from '../../src';
import { Admission } from '../../src/net/Admission';
import { turns } from '../support/until';

/** A socket that closes at once when it is destroyed. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  /** What the system says: -1 after a reset. */
  peer = 0;
  readonly _handle = { getpeername: () => this.peer };

  constructor(readonly remoteAddress: string | undefined) {
    super();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

describe('Admission', () => {
  let now: number;
  let tasks: { at: number; task: () => void }[];
  let admission: Admission;
  let open: Set<FakeSocket>;
  let handshakes: number;
  let memory: boolean;
  let serving: boolean;
  /** What happened to each socket, by its name. */
  let told: string[];

  beforeEach(() => {
    now = 1_000_000;
    jest.spyOn(asyncScheduler, 'now').mockImplementation(() => now);
    [tasks, open, handshakes, memory, serving, told] = [[], new Set(), 0, true, true, []];
  });

  afterEach(() => jest.restoreAllMocks());

  function make(options: Partial<ListenOptions>): void {
    const { maxConnections = Number.POSITIVE_INFINITY } = options;
    admission = Admission.of(
      {
        isServing: () => serving,
        hasPlace: () => open.size < maxConnections,
        hasMemory: () => memory,
        handshakes: () => handshakes,
        clientAddress: ({ remoteAddress }) => remoteAddress,
        refuse: (socket, reason) => {
          told.push(`refused: ${reason}`);
          socket.destroy();
        },
        schedule: (task, delay) => {
          const entry = { at: now + delay, task };
          tasks.push(entry);
          return new Subscription(() => {
            tasks = tasks.filter((other) => other !== entry);
          });
        },
      },
      options,
    ) as Admission;
  }

  function come(name: string, address = '192.0.2.1'): FakeSocket {
    const socket = new FakeSocket(address);
    admission.take(socket as unknown as Socket, () => {
      told.push(name);
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    });
    return socket;
  }

  /** Lets time pass, and runs what is due. */
  function pass(milliseconds: number): void {
    const until = now + milliseconds;
    for (;;) {
      const due = tasks.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      now = due.at;
      tasks = tasks.filter((other) => other !== due);
      due.task();
    }
    now = until;
  }

  it.each<[string, Partial<ListenOptions>]>([
    ['no option', {}],
    ['maxConnections, which Node has itself', { maxConnections: 3 }],
    [
      'limits that are off',
      { maxConnectionsPerAddress: Number.POSITIVE_INFINITY, acceptRate: Number.POSITIVE_INFINITY },
    ],
    ["overload: 'refuse' without a limit", { overload: 'refuse' }],
  ])('is not made for %s', (_, options) => {
    make(options);
    expect(admission).toBeUndefined();
  });

  describe('maxConnectionsPerAddress', () => {
    it('refuses an address above it, and no other', () => {
      make({ maxConnectionsPerAddress: 2 });
      for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2']) come(address, address);
      expect(told).toEqual(['192.0.2.1', '192.0.2.1', 'refused: maxConnectionsPerAddress', '192.0.2.2']);
    });

    it('frees a place when a connection is closed', () => {
      make({ maxConnectionsPerAddress: 1 });
      come('first').destroy();
      come('second');
      come('third');
      expect(told).toEqual(['first', 'second', 'refused: maxConnectionsPerAddress']);
    });

    it('counts a network of IPv6 as one, and an IPv4 address in both forms', () => {
      make({ maxConnectionsPerAddress: 1 });
      for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '::ffff:192.0.2.1', '192.0.2.1'])
        come(address, address);
      expect(told).toEqual([
        '2001:db8::1',
        'refused: maxConnectionsPerAddress',
        '2001:db8:0:1::1',
        '::ffff:192.0.2.1',
        'refused: maxConnectionsPerAddress',
      ]);
    });

    it('does not count what has no address', () => {
      make({ maxConnectionsPerAddress: 1 });
      for (const name of ['a', 'b', 'c']) {
        admission.take(new FakeSocket(undefined) as unknown as Socket, () => told.push(name));
      }
      expect(told).toEqual(['a', 'b', 'c']);
    });

    it("refuses also with overload: 'wait', and counts those that wait", () => {
      make({ maxConnectionsPerAddress: 2, maxConnections: 1, overload: 'wait' });
      for (const name of ['a', 'b', 'c']) come(name);
      expect([told, admission.size]).toEqual([['a', 'refused: maxConnectionsPerAddress'], 1]);
    });
  });

  describe("overload: 'refuse'", () => {
    it('refuses for each limit, by its name', () => {
      make({ acceptRate: 2, maxHandshakes: 1, memoryLimit: 1, maxConnections: 3 });
      handshakes = 1;
      come('a');
      handshakes = 0;
      memory = false;
      come('b');
      memory = true;
      come('c');
      come('d');
      come('e');
      now += 1000;
      come('f');
      come('g');
      expect(told).toEqual([
        'refused: maxHandshakes',
        'refused: memoryLimit',
        'c',
        'd',
        'refused: acceptRate',
        'f',
        'refused: maxConnections',
      ]);
    });

    it('a refused connection takes no token', () => {
      make({ acceptRate: 1, maxConnectionsPerAddress: 1 });
      come('a');
      now += 1000;
      for (let i = 0; i < 10; i++) come('b');
      come('c', '192.0.2.2');
      expect(told.at(-1)).toBe('c');
    });
  });

  describe("overload: 'wait'", () => {
    it('lets the oldest in when a place is free', async () => {
      make({ maxConnections: 1, overload: 'wait' });
      const [first] = ['first', 'second', 'third'].map((name) => come(name));
      expect([told, admission.size]).toEqual([['first'], 2]);
      first!.destroy();
      await turns(1);
      expect([told, admission.size]).toEqual([['first', 'second'], 1]);
    });

    it('lets the oldest in when a handshake is over', () => {
      make({ maxHandshakes: 1, overload: 'wait' });
      handshakes = 1;
      come('a');
      come('b');
      admission.advance();
      expect(told).toEqual([]);
      handshakes = 0;
      const { size } = admission;
      open.clear();
      // The server tells it; the handshake of the one that is let in counts from then on.
      jest.spyOn(open, 'add').mockImplementation((socket) => {
        handshakes++;
        return Set.prototype.add.call(open, socket) as Set<FakeSocket>;
      });
      admission.advance();
      expect([size, told, admission.size]).toEqual([2, ['a'], 1]);
    });

    it('lets them in at the accept rate', () => {
      make({ acceptRate: 10, overload: 'wait' });
      for (let i = 0; i < 15; i++) come(`${i}`);
      expect(told).toHaveLength(10);
      pass(99);
      expect(told).toHaveLength(10);
      pass(1);
      expect(told).toHaveLength(11);
      pass(400);
      expect([told, tasks]).toEqual([Array.from({ length: 15 }, (_, i) => `${i}`), []]);
    });

    it('looks ten times a second whether memory is free', () => {
      make({ memoryLimit: 1, overload: 'wait' });
      memory = false;
      come('a');
      pass(1000);
      expect(told).toEqual([]);
      memory = true;
      pass(100);
      expect([told, tasks]).toEqual([['a'], []]);
    });

    it('of several addresses, the one that got least in this second comes first', () => {
      make({ acceptRate: 2, overload: 'wait' });
      for (const name of ['a', 'b', 'c', 'd', 'e']) come(name, '192.0.2.1');
      come('other', '192.0.2.2');
      pass(500);
      expect(told).toEqual(['a', 'b', 'other']);
    });

    it('one that comes does not overtake those that wait', () => {
      make({ acceptRate: 1, overload: 'wait' });
      come('a');
      come('b');
      now += 1000;
      come('c');
      expect([told, admission.size]).toEqual([['a', 'b'], 1]);
    });

    it('refuses those that find no place in the backlog', () => {
      make({ maxConnections: 1, backlog: 2, overload: 'wait' });
      for (const name of ['a', 'b', 'c', 'd']) come(name);
      expect([told, admission.size]).toEqual([['a', 'refused: backlog'], 2]);
    });

    it('a peer that has reset loses its place', async () => {
      make({ maxConnections: 1, backlog: 1, overload: 'wait' });
      const first = come('first');
      const gone = come('gone');
      gone.peer = -1;
      const third = come('third');
      expect([told, gone.destroyed, admission.size]).toEqual([['first'], true, 1]);
      third.peer = -1;
      first.destroy();
      await turns(1);
      expect([told, third.destroyed, admission.size]).toEqual([['first'], true, 0]);
    });

    it('a socket that breaks while it waits is forgotten', () => {
      make({ maxConnections: 1, maxConnectionsPerAddress: 2, overload: 'wait' });
      come('a');
      const broken = come('b');
      broken.emit('error', new Error('broken'));
      broken.destroy();
      expect(admission.size).toBe(0);
      come('c');
      expect([told, admission.size]).toEqual([['a'], 1]);
    });

    it('nobody waits for a server that has stopped', () => {
      make({ maxConnections: 1, overload: 'wait' });
      come('a');
      serving = false;
      const late = come('b');
      expect([told, late.destroyed, admission.size]).toEqual([['a'], true, 0]);
    });

    it('drops all that wait, and looks no more', () => {
      make({ acceptRate: 1, overload: 'wait' });
      const sockets = ['a', 'b', 'c'].map((name) => come(name));
      admission.drop();
      expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true]);
      expect([admission.size, tasks]).toEqual([0, []]);
    });
  });
});
