// Proves that one signal has one event listener of ours, for any number of waiters.
import { getEventListeners } from 'node:events';
import { connectionPair, listen, openConnection, startServer } from '../src';
import { AbortListeners } from '../src/AbortListeners';
import { failureOf } from './support/failureOf';
import { portOf } from './support/portOf';

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('AbortListeners', () => {
  const { signal: idle } = new AbortController();

  it('there is one instance per signal', () => {
    expect(AbortListeners.of(idle)).toBe(AbortListeners.of(idle));
    expect(AbortListeners.of(idle)).not.toBe(AbortListeners.of(new AbortController().signal));
  });

  it.each([
    ['null', null],
    ['a value of type object', {}],
    ['a value of type string', 'abort'],
  ])('AbortListeners.of() throws for %s', (what, signal) => {
    const refused = new TypeError(`Cannot use ${what} as signal: it must be an AbortSignal`);
    expect(() => AbortListeners.of(signal as never)).toThrow(refused);
    const [near] = connectionPair();
    expect(() => near.reader.readLine({ signal: signal as never })).toThrow(refused);
    near.destroy();
  });

  it('keeps one event listener on the signal while it has any listeners of its own', () => {
    const { signal } = new AbortController();
    const listeners = AbortListeners.of(signal);
    const all = Array.from({ length: 20 }, () => () => {});
    for (const listener of all) listeners.add(listener);
    expect(listenersOf(signal)).toBe(1);
    for (const listener of all.slice(1)) listeners.delete(listener);
    listeners.delete(() => {});
    expect(listenersOf(signal)).toBe(1);
    listeners.delete(all[0]!);
    listeners.delete(all[0]!);
    expect(listenersOf(signal)).toBe(0);
    listeners.add(all[0]!);
    expect(listenersOf(signal)).toBe(1);
  });

  it('calls functions and objects in order, once', () => {
    const controller = new AbortController();
    const listeners = AbortListeners.of(controller.signal);
    const called: unknown[] = [];
    const object = {
      handleEvent() {
        called.push(this);
      },
    };
    listeners.add(() => called.push('function'));
    listeners.add(object);
    controller.abort();
    listeners.handleEvent();
    expect(called).toEqual(['function', object]);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('does not call a listener that another one deletes during the abort', () => {
    const controller = new AbortController();
    const listeners = AbortListeners.of(controller.signal);
    const late = jest.fn();
    listeners.add(() => listeners.delete(late));
    listeners.add(late);
    controller.abort();
    expect(late).not.toHaveBeenCalled();
  });

  it('calls the other listeners when one throws, and rethrows the error in a later turn, as an event target does', () => {
    const controller = new AbortController();
    const listeners = AbortListeners.of(controller.signal);
    const thrown: unknown[] = [];
    const nextTick = jest.spyOn(process, 'nextTick').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
    });
    const other = jest.fn();
    listeners.add(() => {
      throw new Error('mine');
    });
    listeners.add(other);
    try {
      controller.abort();
    } finally {
      nextTick.mockRestore();
    }
    expect(other).toHaveBeenCalledTimes(1);
    expect(thrown).toEqual([new Error('mine')]);
  });

  it('reads, drains, dials, connections, servers and serveForever() add a single listener to a signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const options = { host: '127.0.0.1', port: 0 };
    const server = await startServer(({ reader, writer }) => void reader.subscribe(writer), { ...options, signal });
    const port = portOf(server);
    const peers = await Promise.all([1, 2].map(() => openConnection({ ...options, port, signal })));
    const settled = [
      ...peers.map(({ reader }) => failureOf(reader.readLine({ signal }))),
      failureOf(openConnection({ ...options, port, signal })),
      server.serveForever({ signal }),
      new Promise((resolve) =>
        listen({ ...options, signal }).subscribe({ error: resolve, complete: () => resolve('complete') }),
      ),
    ];
    const [near] = connectionPair();
    near.writer.write(Buffer.alloc(1 << 20));
    settled.push(failureOf(near.writer.drain({ signal })), failureOf(near.writer.flush({ signal })));
    expect(listenersOf(signal)).toBe(1);
    controller.abort(new Error('enough'));
    await Promise.all(settled);
    await Promise.all(peers.map(({ closed }) => closed));
    expect(listenersOf(signal)).toBe(0);
    near.destroy();
  });
});
