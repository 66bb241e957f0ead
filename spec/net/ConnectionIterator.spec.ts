// Proves that a loop over connections takes one per request, and none when it is left.
import { Observable, Subject } from 'rxjs';
import { type Connection, listen, openConnection, type Server } from '../../src';
import { ConnectionIterator } from '../../src/net/ConnectionIterator';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { turns } from '../support/until';

const one = { name: 'one' } as unknown as Connection;
const two = { name: 'two' } as unknown as Connection;

describe('ConnectionIterator', () => {
  it('answers pending next() calls in order, each with another connection', async () => {
    const connections = new Subject<Connection>();
    const iterator = new ConnectionIterator(connections);
    const [first, second] = [iterator.next(), iterator.next()];
    connections.next(one);
    expect(connections.observed).toBe(true);
    connections.next(two);
    expect(connections.observed).toBe(false);
    expect([await first, await second]).toEqual([
      { done: false, value: one },
      { done: false, value: two },
    ]);
  });

  it('returns a waiting connection at once, and only that one', async () => {
    const waiting = [one, two];
    const connections = new Observable<Connection>((subscriber) => {
      while (waiting.length > 0 && !subscriber.closed) subscriber.next(waiting.shift() as Connection);
    });
    const iterator = new ConnectionIterator(connections);
    expect(await iterator.next()).toEqual({ done: false, value: one });
    expect(waiting).toEqual([two]);
    expect(await iterator.next()).toEqual({ done: false, value: two });
  });

  it('answers all pending calls after return(), and takes no more connections', async () => {
    const connections = new Subject<Connection>();
    const iterator = new ConnectionIterator(connections);
    const waiting = [iterator.next(), iterator.next()];
    const over = { done: true, value: undefined };
    expect(await iterator.return()).toEqual(over);
    expect(await Promise.all(waiting)).toEqual([over, over]);
    expect(connections.observed).toBe(false);
    expect(await iterator.next()).toEqual(over);
    expect(connections.observed).toBe(false);
  });

  it('ends after throw() and at the end of an `await using` block, too', async () => {
    const reason = new Error('enough');
    const connections = new Subject<Connection>();
    const thrown = new ConnectionIterator(connections);
    const waiting = thrown.next();
    expect(await failureOf(thrown.throw(reason))).toBe(reason);
    expect((await waiting).done).toBe(true);
    const used = new ConnectionIterator(connections);
    {
      await using iterator = used;
      void iterator.next();
      expect(connections.observed).toBe(true);
    }
    expect(connections.observed).toBe(false);
    expect((await used.next()).done).toBe(true);
  });

  it('ends when the server has no more connections', async () => {
    const connections = new Subject<Connection>();
    const iterator = new ConnectionIterator(connections);
    const waiting = iterator.next();
    connections.complete();
    expect([(await waiting).done, (await iterator.next()).done]).toEqual([true, true]);
  });

  it('return() leaves the next connection to the server', async () => {
    const server = await new Promise<Server>((resolve) => listen({ host: '127.0.0.1', port: 0 }).subscribe(resolve));
    const iterator = server[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return(undefined);
    expect((await waiting).done).toBe(true);
    const client = await openConnection({ host: '127.0.0.1', port: portOf(server) });
    await turns(10);
    for await (const connection of server) {
      expect(connection.remotePort).toBe(client.localPort);
      break;
    }
    client.destroy();
    server.abortClients();
    await server.close();
  });
});
