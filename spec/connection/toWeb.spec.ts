// Proves that a connection which is handed over as Web streams keeps its promises: order, backpressure and endings.
import { connectionPair, ReaderBusyError } from '../../src';
import { failureOf } from '../support/failureOf';
import { thrownBy } from '../support/thrownBy';
import { transports } from '../support/transports';
import { turns } from '../support/until';

jest.setTimeout(20_000);

describe('Connection.toWeb()', () => {
  it.each(transports)('moves bytes and FIN both ways over $name, the unread bytes first', async ({ open }) => {
    const { near, far, release } = await open('client');
    far.writer.write('line\nrest');
    expect(`${await near.reader.readLine()}`).toBe('line\n');
    const { readable, writable } = near.toWeb();
    far.writer.write(Buffer.alloc(300_000, 'x'));
    far.writer.writeEof();
    const sending = new Response('y'.repeat(300_000)).body!.pipeTo(writable);
    const [incoming, received] = await Promise.all([new Response(readable).text(), far.reader.readAll(), sending]);
    expect(incoming.length).toBe(300_004);
    expect(incoming.startsWith('restx')).toBe(true);
    expect(received.length).toBe(300_000);
    expect(await near.closed).toEqual({ by: expect.stringMatching(/local|peer/) });
    await release();
  });

  it('makes reader and writer busy', async () => {
    const [near] = connectionPair();
    near.toWeb();
    expect(await failureOf(near.reader.read(1))).toBeInstanceOf(ReaderBusyError);
    expect(thrownBy(() => near.writer.write('x'))).toEqual(
      new TypeError('Cannot write: the connection was handed over by toWeb()'),
    );
    expect(thrownBy(() => near.toDuplex())).toBeInstanceOf(ReaderBusyError);
    near.destroy();
  });

  it('reads nothing ahead, and holds its writer while the peer does not read', async () => {
    const [near, far] = connectionPair({ limit: 1024, capacity: 1024 });
    const { readable, writable } = near.toWeb();
    for (let sent = 0; far.writer.write(Buffer.alloc(512)) && sent < 1000; sent++) await turns(1);
    await turns(10);
    expect(near.reader.bufferedAmount).toBeLessThan(4096);
    expect(far.writer.bufferedAmount).toBeGreaterThan(0);
    const writer = writable.getWriter();
    expect(writer.desiredSize).toBe(64 * 1024);
    let done = false;
    const written = writer.write(Buffer.alloc(1024 * 1024)).then(() => (done = true));
    await turns(5);
    expect([done, writer.desiredSize]).toEqual([false, 64 * 1024 - 1024 * 1024]);
    await far.reader.readExactly(1024 * 1024);
    await written;
    await readable.cancel();
  });

  it('delivers what arrived before a reset, then the untouched error; writing fails too', async () => {
    const [near, far] = connectionPair();
    const { readable, writable } = near.toWeb();
    far.writer.write('last words');
    await far.writer.flush();
    far.reset();
    await near.closed;
    const reader = readable.getReader();
    expect(`${(await reader.read()).value}`).toBe('last words');
    expect(await failureOf(reader.read())).toMatchObject({ code: 'ECONNRESET' });
    const error = await failureOf(writable.getWriter().write(Buffer.from('x')));
    expect(error).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    expect((error as Error).cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends the connection when one is cancelled or aborted, and breaks the other', async () => {
    const reason = new Error('no more');
    const [one, other] = connectionPair();
    const streams = one.toWeb();
    await streams.readable.cancel(reason);
    expect(await one.closed).toEqual({ by: 'local', error: reason });
    expect(await failureOf(streams.writable.getWriter().write(Buffer.from('x')))).toBe(reason);

    const { readable, writable } = other.toWeb();
    await writable.abort(reason);
    expect(await failureOf(readable.getReader().read())).toBe(reason);
  });

  it('ends the connection when a value is no chunk', async () => {
    const [near, far] = connectionPair();
    const { writable } = near.toWeb();
    const error = await failureOf(writable.getWriter().write(7 as never));
    expect(error).toEqual(new TypeError('Cannot write a value of type number: it must be a string or a Uint8Array'));
    expect(await near.closed).toEqual({ by: 'local', error });
    await far.close();
  });

  it('fails both when this side ends the connection', async () => {
    const [near] = connectionPair();
    const { readable, writable } = near.toWeb();
    const reading = failureOf(readable.getReader().read());
    near.destroy();
    expect(await reading).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    expect(await failureOf(writable.getWriter().write(Buffer.from('x')))).toMatchObject({
      code: 'ERR_CONNECTION_CLOSED',
    });
  });
});
